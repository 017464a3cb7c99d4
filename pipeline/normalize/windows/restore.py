"""Undo what Elastic's modules did to an event's data, so that rules see it as Windows wrote it.

Winlogbeat's Sysmon, Security and PowerShell modules and Elastic Agent move values out of
``event_data`` into ECS fields, in another form (``User`` parted, ``Hashes`` taken apart,
``Initiated`` as a direction). The table ``windows.yml`` says which value fills which field; here
it is read the other way, for values that are no longer there.
Source: Winlogbeat 8, module sysmon, ingest pipeline; Elastic's integration "windows".
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipeline.model import Json
from pipeline.normalize.windows.plans import Plan
from pipeline.normalize.windows.values import KINDS

# Sysmon's order. Elastic writes digests in lower case; Sysmon in upper case, rules in either.
_DIGESTS = (("md5", "MD5"), ("sha1", "SHA1"), ("sha256", "SHA256"), ("sha512", "SHA512"))
_DIRECTIONS = {"egress": "true", "outbound": "true", "ingress": "false", "inbound": "false"}
# Elastic's words for the types of registry data that Sysmon writes as DWORD and QWORD.
_WORDS = {"SZ_DWORD": 8, "REG_DWORD": 8, "SZ_QWORD": 16, "REG_QWORD": 16}
# Where the modules put what our table keeps in a narrower object.
_ELSEWHERE: Mapping[tuple[str, ...], tuple[tuple[str, ...], ...]] = {
    ("dll",): (("file",),),
    ("file",): (("process",),),
}


def restore(native: Json, given: Json, known: Plan) -> None:
    """Add to an event's data the values that only its ECS fields still hold."""
    for group in known.groups:
        path = tuple(group.path)
        for one in group.members:
            if one.source in native or "\\" in one.source:
                continue
            value = _written(given, path, one.leaf, one.convert)
            if value is not None:
                native[one.source] = value


def _written(given: Json, path: tuple[str, ...], leaf: str, convert: Any) -> Any:
    if path == ("registry", "data"):
        return _details(_box(given, path))
    if leaf:
        return _single(_box(given, path).get(leaf))
    write = _WRITERS.get(convert)
    if write is None:
        return None
    places = (path, *_ELSEWHERE.get(path, ())) if write in (_hashes, _path) else (path,)
    return next((value for at in places if (value := write(_box(given, at)))), None)


def _box(given: Json, path: tuple[str, ...]) -> Json:
    at: Any = given
    for name in path:
        at = at.get(name) if isinstance(at, dict) else None
    return at if isinstance(at, dict) else {}


def _single(value: Any) -> Any:
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else None
    return value if isinstance(value, str | int | float) else None


def _texts(value: Any) -> list[str]:
    """Give a text, or the texts of a list; nothing where one of them is none."""
    texts = value if isinstance(value, list) else [value]
    return texts if all(isinstance(text, str) for text in texts) else []


def _details(box: Json) -> str | None:
    texts = _texts(box.get("strings"))
    if not texts:
        return None
    text, width = ";".join(texts), _WORDS.get(str(box.get("type")))
    if width is None or not text.isascii() or not text.isdigit():
        return text
    digits = f"{int(text):0{width}x}"
    if width == 8:
        return f"DWORD (0x{digits})"
    return f"QWORD (0x{digits[:-8]}-0x{digits[-8:]})"


def _text_at(name: str) -> Callable[[Json], str | None]:
    def read(box: Json) -> str | None:
        value = box.get(name)
        return value if isinstance(value, str) else None

    return read


_path = _text_at("path")


def _account(box: Json) -> str | None:
    name, domain = box.get("name"), box.get("domain")
    if not isinstance(name, str):
        return None
    return f"{domain}\\{name}" if isinstance(domain, str) and domain else name


def _hashes(box: Json) -> str | None:
    return ",".join(_digests(box)) or None


def _digests(box: Json) -> Iterator[str]:
    digests = _box(box, ("hash",))
    for name, kind in _DIGESTS:
        if isinstance(digests.get(name), str):
            yield f"{kind}={digests[name].upper()}"
    imphash = _box(box, ("pe",)).get("imphash") or digests.get("imphash")
    if isinstance(imphash, str):
        yield f"IMPHASH={imphash.upper()}"


def _initiated(box: Json) -> str | None:
    return _DIRECTIONS.get(str(box.get("direction")))


def _answers(box: Json) -> str | None:
    return "".join(f"{text};" for text in _texts(box.get("resolved_ip"))) or None


_WRITERS: Mapping[Any, Callable[[Json], str | None]] = {
    KINDS["account"].read: _account,
    KINDS["account_name"].read: _account,
    KINDS["answers"].read: _answers,
    KINDS["command"].read: _text_at("command_line"),
    KINDS["file"].read: _path,
    KINDS["hashes"].read: _hashes,
    KINDS["initiated"].read: _initiated,
    KINDS["library"].read: _path,
    KINDS["program"].read: _text_at("executable"),
    KINDS["registry_key"].read: _path,
    KINDS["registry_value"].read: _path,
}
