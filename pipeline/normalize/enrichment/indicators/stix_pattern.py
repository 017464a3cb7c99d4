"""The part of STIX patterns that is a look-up: equality and IN on values that events carry.

Source: STIX 2.1 (OASIS Standard, 2021), section 9.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.normalize.enrichment.indicators.indicator import Kind, address_or_network, canonical

MOST_PATTERN = 64 * 1024
MOST_VALUES = 4096
_TOKEN = re.compile(
    r"""\s*+(?:
        (?P<text>'(?:[^'\\]|\\.)*+')
      | (?P<path>[a-z0-9][a-z0-9-]*+:(?:[\w.*\[\]-]|'[^'\\]*+')++)
      | (?P<word>[A-Za-z]++)
      | (?P<number>-?[0-9]++(?:\.[0-9]++)?)
      | (?P<sign><=|>=|!=|=|<|>|[\[\](),])
      | (?P<other>\S)
    )""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_KINDS: dict[str, Kind] = {
    "ipv4-addr:value": "ip",
    "ipv6-addr:value": "ip",
    "network-traffic:src_ref.value": "ip",
    "network-traffic:dst_ref.value": "ip",
    "domain-name:value": "domain",
    "url:value": "url",
    "email-addr:value": "email",
    "email-message:from_ref.value": "email",
    "email-message:sender_ref.value": "email",
}
_HASHES = re.compile(r"(?:file|artifact|x509-certificate):hashes\.'?[A-Za-z0-9-]+'?")
# What says nothing that the value beside it does not: the type of an address, a hash's file.
_IMPLIED: dict[str, Kind] = {
    "network-traffic:src_ref.type": "ip",
    "network-traffic:dst_ref.type": "ip",
    "file:name": "hash",
    "file:size": "hash",
    "file:mime_type": "hash",
}
_OPERATORS = frozenset({"=", "IN", "ISSUBSET"})


class Unsupported(Exception):
    """A pattern asks for what is no look-up; the text names it."""


@dataclass(slots=True)
class _Tokens:
    listed: list[tuple[str, str]]
    at: int = 0
    conjunctions: bool = False
    paths: set[str] = field(default_factory=set)

    def next(self) -> tuple[str, str]:
        token = self.listed[self.at] if self.at < len(self.listed) else ("end", "")
        self.at += 1
        return token

    def expect(self, text: str) -> None:
        kind, found = self.next()
        if found != text or kind == "text":
            raise Unsupported(_named(kind, found))


def pattern_values(pattern: str) -> list[tuple[Kind, str]]:
    """Give what a pattern looks for, any of which fulfils it.

    Raises Unsupported, which names the operator or the property that cannot be looked up.
    """
    if len(pattern) > MOST_PATTERN:
        raise Unsupported("a pattern longer than 64 KiB")
    tokens = _Tokens(list(_tokens(pattern)))
    found: list[tuple[Kind, str]] = []
    while True:
        tokens.expect("[")
        found += _observation(tokens)
        kind, text = tokens.next()
        if kind == "end":
            break
        if text != "OR":
            raise Unsupported(_named(kind, text))
    if len(found) > MOST_VALUES:
        raise Unsupported(f"more than {MOST_VALUES} values")
    return list(dict.fromkeys(found))


def _observation(tokens: _Tokens) -> list[tuple[Kind, str]]:
    parts: list[list[tuple[Kind, str]]] = []
    joined: set[str] = set()
    implied: dict[str, Kind] = {}
    while True:
        path, values = _comparison(tokens)
        if path in _IMPLIED:
            implied[path] = _IMPLIED[path]
        else:
            parts.append(values)
        kind, text = tokens.next()
        if text == "]" and kind == "sign":
            break
        if kind != "word" or text not in ("AND", "OR"):
            raise Unsupported(_named(kind, text))
        joined.add(text)
    found = [value for part in parts for value in part]
    kinds: set[Kind] = {"ip" if kind == "network" else kind for kind, _ in found}
    if implied and (joined != {"AND"} or not kinds.issuperset(implied.values())):
        raise Unsupported(min(implied))
    # Several hashes of one file name the same file: each of them alone does.
    if "AND" in joined and len(parts) > 1 and kinds != {"hash"}:
        raise Unsupported("AND")
    return found


def _comparison(tokens: _Tokens) -> tuple[str, list[tuple[Kind, str]]]:
    kind, path = tokens.next()
    if kind != "path":
        raise Unsupported("( )" if path == "(" else f"syntax at {path or 'its end'}")
    wanted = _KINDS.get(path) or ("hash" if _HASHES.fullmatch(path) else None)
    if wanted is None and path not in _IMPLIED:
        raise Unsupported(path[:64])
    kind, operator = tokens.next()
    if operator not in _OPERATORS:
        raise Unsupported(operator.upper()[:64] or "syntax at its end")
    if wanted is None:
        kind, text = tokens.next()
        if kind not in ("text", "number"):
            raise Unsupported(_named(kind, text))
        return path, []
    if operator == "ISSUBSET" and wanted != "ip":
        raise Unsupported("ISSUBSET")
    values = _set(tokens) if operator == "IN" else [_constant(tokens)]
    found = [_value(wanted, value) for value in values]
    if not all(value for _, value in found):
        raise Unsupported(f"no value of {path[:64]}")
    return path, found


def _value(wanted: Kind, text: str) -> tuple[Kind, str]:
    return address_or_network(text) if wanted == "ip" else (wanted, canonical(wanted, text))


def _named(kind: str, text: str) -> str:
    return text.upper()[:64] if kind == "word" else f"syntax at {text[:16] or 'its end'}"


def _set(tokens: _Tokens) -> list[str]:
    tokens.expect("(")
    values = [_constant(tokens)]
    while True:
        _, text = tokens.next()
        if text == ")":
            return values
        if text != ",":
            raise Unsupported(f"syntax at {text or 'its end'}")
        values.append(_constant(tokens))


def _constant(tokens: _Tokens) -> str:
    kind, text = tokens.next()
    if kind != "text":
        raise Unsupported("a constant that is no text")
    return _ESCAPED.sub(r"\1", text[1:-1])


def _tokens(pattern: str) -> Iterator[tuple[str, str]]:
    at = 0
    pattern = pattern.rstrip()
    while at < len(pattern):
        match = _TOKEN.match(pattern, at)
        if match is None or match.lastgroup is None:
            yield "other", pattern[at]
            return
        yield match.lastgroup, match[match.lastgroup]
        at = match.end()
