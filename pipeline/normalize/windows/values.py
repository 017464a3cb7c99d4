"""Values of Windows events that fill several ECS fields: paths, accounts, hashes, registry keys.

Each kind is named in ``rules/taxonomies/ecs/windows.yml`` (``Image as program``). It gives the
fields below the object that it stands at; nothing where the value says nothing.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from pipeline.model import Json
from pipeline.normalize.ecs_schema import address

# IANA protocol numbers, as the filtering platform writes them.
_TRANSPORTS = {"1": "icmp", "6": "tcp", "17": "udp", "47": "gre", "50": "esp", "58": "ipv6-icmp"}
# Message table entries of Microsoft-Windows-Security-Auditing: %%14592 inbound, %%14593 outbound.
_DIRECTIONS = {
    "%%14592": "inbound",
    "%%14593": "outbound",
    "Inbound": "inbound",
    "Outbound": "outbound",
}
_HASHES = {"MD5": "md5", "SHA1": "sha1", "SHA256": "sha256", "SHA512": "sha512"}
_HIVES = {
    "HKEY_LOCAL_MACHINE": "HKLM", "HKLM": "HKLM", "HKEY_USERS": "HKU", "HKU": "HKU",
    "HKEY_CURRENT_USER": "HKCU", "HKCU": "HKCU", "HKEY_CLASSES_ROOT": "HKCR", "HKCR": "HKCR",
    "HKEY_CURRENT_CONFIG": "HKCC", "HKCC": "HKCC",
}  # fmt: skip
# How the object manager names what the registry's users call HKLM and HKU; auditing writes so.
_KERNEL_HIVES = (("\\REGISTRY\\MACHINE\\", "HKLM\\"), ("\\REGISTRY\\USER\\", "HKU\\"))


@lru_cache(maxsize=4096)
def _leaf(path: str) -> str:
    """Give what follows the last separator; programs repeat (0.8% of Image values are unique)."""
    return path.rpartition(_separator(path))[2]


def _separator(path: str) -> str:
    """Give what parts a path's names: Sysmon writes the paths of Linux too."""
    return "/" if path.startswith("/") else "\\"


def _program(value: str) -> Json:
    return {"executable": value, "name": _leaf(value)}


def _command(value: str) -> Json:
    return {"command_line": value}


def _file(value: str) -> Json:
    folder, _, name = value.rpartition(_separator(value))
    found = {"path": value, "name": name}
    if folder:
        found["directory"] = folder
    stem, dot, extension = name.rpartition(".")
    if dot and stem:
        found["extension"] = extension
    return found


def _library(value: str) -> Json:
    return {"path": value, "name": _leaf(value)}


def _account(value: str) -> Json:
    domain, backslash, name = value.rpartition("\\")
    return {"domain": domain, "name": name} if backslash else {"name": value}


@lru_cache(maxsize=1024)
def _hash_pairs(value: str) -> tuple[tuple[str, str], ...]:
    pairs = (part.partition("=") for part in value.split(","))
    return tuple((kind.strip().upper(), digest) for kind, _, digest in pairs if digest)


def _hashes(value: str) -> Json:
    found: Json = {}
    for kind, digest in _hash_pairs(value):
        if kind in _HASHES:
            found.setdefault("hash", {})[_HASHES[kind]] = digest.lower()
        elif kind == "IMPHASH":
            found["pe"] = {"imphash": digest.lower()}
    return found


def _registry_key(value: str) -> Json:
    for kernel, short in _KERNEL_HIVES:
        if value[: len(kernel)].upper() == kernel:
            value = short + value[len(kernel) :]
            break
    found = {"path": value}
    root, _, key = value.partition("\\")
    hive = _HIVES.get(root.upper())
    if hive:
        found["hive"] = hive
        found["key"] = key
    return found


def _registry_value(value: str) -> Json:
    found = _registry_key(value)
    key, backslash, name = found.get("key", "").rpartition("\\")
    if backslash:
        found["key"] = key
        found["value"] = name
    return found


def _answers(value: str) -> Json:
    """Read Sysmon's and the DNS client's list: ``type:  5 name;::ffff:192.0.2.1;``."""
    found = [address(part.strip()) for part in value.split(";")]
    addresses = [one for one in dict.fromkeys(found) if one is not None]
    return {"resolved_ip": addresses} if addresses else {}


def _protocol(value: str) -> Json:
    known = _TRANSPORTS.get(value)
    return {"iana_number": value, "transport": known} if known else {"iana_number": value}


def _direction(value: str) -> Json:
    known = _DIRECTIONS.get(value)
    return {"direction": known} if known else {}


def _initiated(value: str) -> Json:
    return {"direction": "egress" if value.lower() == "true" else "ingress"}


def _account_name(value: str) -> Json:
    return {"name": value.rpartition("\\")[2]}


class Kind(NamedTuple):
    """A kind of value: which fields it may fill below its object, and how it is read."""

    gives: tuple[str, ...]
    read: Callable[[str], Json]


_HASHED = ("hash.md5", "hash.sha1", "hash.sha256", "hash.sha512", "pe.imphash")
KINDS: Mapping[str, Kind] = {
    "account": Kind(("domain", "name"), _account),
    "account_name": Kind(("name",), _account_name),
    "answers": Kind(("resolved_ip",), _answers),
    "command": Kind(("command_line",), _command),
    "direction": Kind(("direction",), _direction),
    "file": Kind(("directory", "extension", "name", "path"), _file),
    "hashes": Kind(_HASHED, _hashes),
    "initiated": Kind(("direction",), _initiated),
    "library": Kind(("name", "path"), _library),
    "program": Kind(("executable", "name"), _program),
    "protocol": Kind(("iana_number", "transport"), _protocol),
    "registry_key": Kind(("hive", "key", "path"), _registry_key),
    "registry_value": Kind(("hive", "key", "path", "value"), _registry_value),
}
