"""The naive reading of one value of a rule: what its modifiers make of it, and its test of a text.

From the Sigma specification 2.1 (rules, escape character; modifiers appendix). Part of
``sigma_oracle`` and, like it, without anything of the product.
"""

import base64
import ipaddress
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

Test = Callable[[str], bool]

# A value's wildcards are written as characters for private use while modifiers work on it.
ANY, ONE, END = "\ue000", "\ue001", "\ue002"
DASHES = ("-", "/", "\u2013", "\u2014", "\u2015")
ENCODINGS = {
    "wide": "utf-16-le",
    "utf16le": "utf-16-le",
    "utf16be": "utf-16-be",
    "utf16": "utf-16-le",
}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "lt": lambda left, right: left < right,
    "lte": lambda left, right: left <= right,
    "gt": lambda left, right: left > right,
    "gte": lambda left, right: left >= right,
}
DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?", re.ASCII)


def value_test(wanted: Any, modifiers: Sequence[str], *, keyword: bool) -> Test:
    """Give the test of one text against one value of a rule."""
    # The type is part of the key: 1, 1.0 and True are equal, and are not the same to a rule.
    return _test(type(wanted).__name__, wanted, tuple(modifiers), keyword)


@lru_cache(maxsize=65536)
def _test(kind: str, wanted: Any, modifiers: tuple[str, ...], keyword: bool) -> Test:  # noqa: ARG001
    if "re" in modifiers:
        return _expression(wanted, modifiers)
    if "cidr" in modifiers:
        network = ipaddress.ip_network(wanted)
        return lambda text: _inside(text, network)
    for name, holds in COMPARISONS.items():
        if name in modifiers:
            return lambda text, holds=holds: _is_number(text) and holds(_number(text), wanted)  # type: ignore[misc]
    for name in ("minute", "hour", "day", "week", "month", "year"):
        if name in modifiers:
            return lambda text, name=name: _date_part(text, name) == wanted  # type: ignore[misc]
    if isinstance(wanted, bool):
        wanted = "true" if wanted else "false"
    if not isinstance(wanted, str):
        if not keyword:
            return lambda text: text.casefold() in _spellings(wanted)
        wanted = str(wanted)
    cased = "cased" in modifiers
    tests = [
        _whole(pattern, cased) for pattern in value_patterns(wildcards(wanted), modifiers, keyword)
    ]
    return lambda text: any(test(text) for test in tests)


def _whole(pattern: str, cased: bool) -> Test:
    """Give the test of a whole text; what has no wildcard inside needs no pattern."""
    inner = pattern.strip(ANY)
    if ANY in inner or ONE in inner:
        compiled = _compiled(pattern, cased)
        return lambda text: bool(compiled.fullmatch(text if cased else _parted(text)))
    said = inner if cased else inner.casefold()
    open_head, open_tail = pattern.startswith(ANY), pattern.endswith(ANY)

    def test(text: str) -> bool:
        read = text if cased else text.casefold()
        if open_head:
            return said in read if open_tail else read.endswith(said)
        return read.startswith(said) if open_tail else read == said

    return test


def _parted(text: str) -> str:
    """Fold a text, and mark where each of its characters ends: ``?`` is one of them."""
    return "".join(char.casefold() + END for char in text)


def value_patterns(value: str, modifiers: Sequence[str], keyword: bool) -> list[str]:
    """Apply the modifiers in their order; one value may become several."""
    values = [value]
    for name in modifiers:
        if name == "windash":
            values = [variant for one in values for variant in _dashes(one)]
        elif name in ENCODINGS:
            mark = "\ufeff" if name == "utf16" else ""
            # Encoded text is bytes: each stands as one character until base64 reads it.
            values = [(mark + one).encode(ENCODINGS[name]).decode("latin-1") for one in values]
        elif name == "base64":
            values = [base64.b64encode(_bytes(one, modifiers)).decode() for one in values]
        elif name == "base64offset":
            values = [variant for one in values for variant in _offsets(_bytes(one, modifiers))]
        elif name in ("contains", "startswith", "endswith"):
            head = ANY if name != "startswith" else ""
            tail = ANY if name != "endswith" else ""
            values = [head + one + tail for one in values]
    return [ANY + one + ANY for one in values] if keyword else values


def wildcards(text: str) -> str:
    r"""Read a value: ``*`` and ``?`` are wildcards; ``\*``, ``\?`` and ``\\`` are plain."""
    read, at = "", 0
    while at < len(text):
        if text[at] == "\\" and text[at + 1 : at + 2] in ("*", "?", "\\"):
            read += text[at + 1]
            at += 2
            continue
        read += {"*": ANY, "?": ONE}.get(text[at], text[at])
        at += 1
    return read


def _compiled(pattern: str, cased: bool) -> re.Pattern[str]:
    """Write a value as a pattern of a whole text; both are folded unless cased."""
    if cased:
        plain = {ANY: ".*", ONE: "."}
        return re.compile(
            "".join(plain.get(char) or re.escape(char) for char in pattern), re.DOTALL
        )
    words = {ANY: ".*", ONE: f"(?:^|(?<={END}))[^{END}]+{END}"}
    folded = pattern.casefold()
    return re.compile(
        "".join(words.get(char) or f"{re.escape(char)}{END}?" for char in folded), re.DOTALL
    )


def _bytes(value: str, modifiers: Sequence[str]) -> bytes:
    assert ANY not in value
    assert ONE not in value
    encoded = any(name in ENCODINGS for name in modifiers)
    return value.encode("latin-1" if encoded else "utf-8")


def _dashes(text: str) -> list[str]:
    """Give a text with each flag's dash or slash (no word before it, one after) in every form."""
    found = re.search(rf"\B[{re.escape(''.join(DASHES))}]\b", text)
    if found is None:
        return [text]
    head, tail = text[: found.start()], text[found.end() :]
    # A word follows at once, so the rest is read as it would be inside the whole text.
    return [head + dash + rest for rest in _dashes(tail) for dash in DASHES]


def _offsets(data: bytes) -> list[str]:
    """Give the characters that base64 shows of these bytes whatever stands around them."""
    found = []
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + data + b"\0" * 3).decode()
        # Six bits a character: only those that are made of our bits alone.
        first = -(-8 * before // 6)
        last = 8 * (before + len(data)) // 6
        found.append(whole[first:last])
    return found


def _expression(wanted: str, modifiers: Sequence[str]) -> Test:
    flags = (re.MULTILINE if "m" in modifiers or "multiline" in modifiers else 0) | (
        re.DOTALL if "s" in modifiers or "dotall" in modifiers else 0
    )
    if "i" in modifiers or "ignorecase" in modifiers:
        found = re.compile(_simply_folded(wanted, escapes=True), flags)
        return lambda text: found.search(_simply_folded(text)) is not None
    exact = re.compile(wanted, flags)
    return lambda text: exact.search(text) is not None


def _simply_folded(text: str, *, escapes: bool = False) -> str:
    """Fold each character to one other, as PCRE does; an escape's letter keeps its case."""
    folded, plain = "", True
    for char in text:
        folded += _one_folded(char) if plain else char
        plain = not (escapes and plain and char == "\\")
    return folded


def _one_folded(char: str) -> str:
    for folded in (char.casefold(), char.lower()):
        if len(folded) == 1:
            return folded
    return char


def _inside(text: str, network: Any) -> bool:
    try:
        return ipaddress.ip_address(text) in network
    except ValueError:
        return False


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", text, re.ASCII) is not None


def _number(text: str) -> float:
    return int(text) if re.fullmatch(r"[+-]?\d+", text, re.ASCII) else float(text)


def _spellings(number: float) -> set[str]:
    """Give the texts that a number is equal to: itself, whole and with a fraction of nought."""
    spellings = {repr(float(number))}
    if float(number).is_integer():
        spellings.add(str(int(number)))
    return spellings


def _date_part(text: str, name: str) -> int | None:
    """Give a part of a date as it is written; None where the text does not begin with a date."""
    found = DATE.match(text)
    if found is None:
        return None
    try:
        moment = datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return None
    return moment.isocalendar().week if name == "week" else getattr(moment, name)
