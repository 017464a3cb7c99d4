"""What of a finding's fields may leave: addresses, domains, hosts, digests; people masked.

An allow-list: a field counts by its name and by the form of its value, and what fits neither stays
(command lines and paths name people). Names of users and e-mail addresses are personal data
(Informatization Law 36(1)): each is given as ``user-1``, numbered in the order of the findings, so
that one can still tell whether there was one or many.
"""

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv6Address, ip_address

from pipeline.model import Finding
from pipeline.notify.exports.plain_text import plain
from pipeline.notify.exports.record import HASHES, Observable, ObservableKind, Part

MOST = 500  # observables of one incident
LONGEST = 1024  # characters of a value that is looked at
_DOMAIN = re.compile(
    r"(?=.{4,253}$)([a-z0-9_]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
_MAIL = re.compile(r"<?[^\s@<>]{1,64}@[^\s@<>]{1,255}>?")
_PAIRED_HASH = re.compile(r"\b(md5|sha1|sha256|sha512)\s*[=:]\s*([0-9a-f]+)\b")
_USER = re.compile(
    r"user$|user[._]?name$|user\.(id|email|full_name)$|account(name)?$|login$|e?mail"
    r"|(from|to|sender|recipient)(\.address)?$"
)
_HOST = re.compile(
    r"(^|[._])host([._](name|hostname))?$|hostname$|^computer(name)?$|workstation(name)?$"
)
_DOMAINS = re.compile(r"domain$|question\.name$|query(name)?$|server_name$")
_HASH = re.compile(r"\b(md5|sha1|sha256|sha512)\s*[=:]\s*([0-9a-f]+)\b")
_USER = re.compile(
    r"user$|user[._]?name$|user\.(id|email|full_name)$|account(name)?$|login$|e?mail"
    r"|(from|to|sender|recipient)(\.address)?$"
)
_HOST = re.compile(
    r"(^|[._])host([._](name|hostname))?$|hostname$|^computer(name)?$|workstation(name)?$"
)
_DOMAINS = re.compile(
    r"domain$|question\.name$|query(name)?$|hostname$|(^|[._])host$|tls\.server_name$|server_name$"
)
_HASH = re.compile(r"hash|md5|sha\d")
_VERSION = re.compile(r"version|release|build")
_PARTS: tuple[tuple[Part, re.Pattern[str]], ...] = (
    ("source", re.compile(r"^(source|src|client)|^(ipaddress|workstation)|\.(source|client)\.")),
    ("target", re.compile(r"^(destination|dest|dst|server)|\.(destination|server)\.")),
)


def observables(findings: Iterable[Finding]) -> tuple[tuple[Observable, ...], int]:
    """Give what the findings' fields and groups hold, each once, and how many were left out."""
    found: dict[Observable, None] = {}
    users: dict[str, str] = {}
    for finding in findings:
        for name, value in (*finding.group.items(), *finding.fields.items()):
            for text in _texts(value):
                for one in _of(name.lower(), text.strip()):
                    found.setdefault(_masked(one, users))
    people_last = sorted(found, key=lambda one: one.kind == "user")
    return tuple(people_last[:MOST]), max(0, len(found) - MOST)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        yield from (one for one in value if isinstance(one, str))


def _of(name: str, text: str) -> Iterator[Observable]:
    """Give what one value is: a person before anything else, so that no name slips through."""
    if not text or text == "-" or len(text) > LONGEST:
        return
    part: Part = next((part for part, begins in _PARTS if begins.search(name)), "")
    lower = text.lower().rstrip(".")
    address = "" if _VERSION.search(name) else _address(text)
    if _USER.search(name) or _MAIL.fullmatch(text) or ("@" in text and _HOST.search(name)):
        yield Observable("user", lower)
    elif address:
        yield Observable("address", address, part)
    elif _HASH.search(name):
        yield from (Observable(kind, digest) for kind, digest in _digests(lower))
    elif _HOST.search(name):
        yield Observable("host", plain(lower), part)
    elif _DOMAINS.search(name) and _DOMAIN.fullmatch(lower):
        yield Observable("domain", lower, part)


def _address(text: str) -> str:
    """Give an address in its usual form; one of version 4 within version 6 as what it is."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return str(mapped or found)


def _digests(text: str) -> Iterator[tuple[ObservableKind, str]]:
    """Read a digest by its length, or several as Sysmon writes them (``MD5=…,SHA256=…``)."""
    kinds: tuple[ObservableKind, ...] = ("md5", "sha1", "sha256", "sha512")
    pairs = _PAIRED_HASH.findall(text) or [("", text)]
    for named, digest in pairs:
        for kind in kinds:
            if named in ("", kind) and re.fullmatch(rf"[0-9a-f]{{{HASHES[kind]}}}", digest):
                yield kind, digest


def _masked(one: Observable, users: dict[str, str]) -> Observable:
    if one.kind != "user":
        return one
    return Observable("user", users.setdefault(one.value, f"user-{len(users) + 1}"))
