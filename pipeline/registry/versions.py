"""Compare versions of software and test them against ranges, whatever the packaging.

Numbers count as numbers, words as words; a pre-release (``rc``, ``beta``, ``~``) comes before its
release, an epoch (``1:``) before everything. A range is a list joined by commas, all of which must
hold (``>=2.4.0,<2.4.58``), or a VERS text (``vers:generic/>=1.0|<2.0``), read as its specification
says (package-url, version range specifier).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

_EPOCH = re.compile(r"(\d{1,9}):(.+)", re.DOTALL)
_TOKEN = re.compile(r"\d+|[a-z]+|~", re.IGNORECASE)
_CONSTRAINT = re.compile(r"(>=|<=|!=|<|>|=)?\s*([^\s<>=!,|]+)")
_BEFORE = ("~", "dev", "snapshot", "alpha", "a", "beta", "b", "milestone", "m", "preview", "pre",
           "c", "rc")  # fmt: skip
_PATCHES = frozenset("abcm")  # alone at the end these are letters of patches: 1.0.2a
_MOST_DIGITS = 40  # a longer number is no version's, and comparing it costs

Key = tuple[int, tuple[tuple[int, int, str], ...]]


def version_key(version: str) -> Key:
    """Give what a version is ordered by; any text has one."""
    text = version.strip().removeprefix("v").partition("+")[0]
    epoch = _EPOCH.fullmatch(text)
    tokens = _TOKEN.findall(epoch[2] if epoch else text)
    parts: list[tuple[int, int, str]] = []
    for part in (*_parts(tokens), _END):
        if part[2] or part[0] < 1:  # 1.0 is 1, and 1.0rc1 is 1rc1
            while parts and parts[-1] == (1, 0, ""):
                parts.pop()
        parts.append(part)
    return int(epoch[1]) if epoch else 0, tuple(parts)


_END = (0, 0, "")  # after every pre-release, before every further number or word


def _parts(tokens: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    for token, after in zip_longest(map(str.casefold, tokens), tokens[1:], fillvalue=""):
        if token.isdecimal():
            yield 1, int(token[:_MOST_DIGITS]), ""
        elif token in _BEFORE and (after.isdecimal() or token not in _PATCHES):
            yield -1, _BEFORE.index(token), ""
        else:
            yield 1, -1, token


@dataclass(frozen=True, slots=True)
class _Constraint:
    comparator: str
    key: Key

    def holds(self, key: Key) -> bool:
        return {
            "=": key == self.key,
            "!=": key != self.key,
            "<": key < self.key,
            "<=": key <= self.key,
            ">": key > self.key,
            ">=": key >= self.key,
        }[self.comparator]


@dataclass(frozen=True, slots=True)
class VersionRange:
    """A range of versions; an empty one holds everything. ``alternatives``: read as VERS."""

    constraints: tuple[_Constraint, ...] = ()
    alternatives: bool = False

    def holds(self, version: str) -> bool:
        """Tell whether a version lies in the range."""
        key = version_key(version)
        if not self.alternatives:
            return all(one.holds(key) for one in self.constraints)
        exact = [one for one in self.constraints if one.key == key]
        if exact:
            return any("=" in one.comparator and one.comparator != "!=" for one in exact)
        return _between([one for one in self.constraints if one.comparator not in {"=", "!="}], key)


def _between(constraints: Sequence[_Constraint], key: Key) -> bool:
    """Follow the containment of VERS: ordered bounds open and close intervals."""
    if not constraints:
        return False
    ordered = sorted(constraints, key=lambda one: one.key)
    first, last = ordered[0], ordered[-1]
    if first.comparator[0] == "<" and first.holds(key):
        return True
    if last.comparator[0] == ">" and last.holds(key):
        return True
    return any(
        (low.comparator[0], high.comparator[0]) == (">", "<") and low.holds(key) and high.holds(key)
        for low, high in pairwise(ordered)
    )


def version_range(text: str) -> VersionRange:
    """Read a range; ValueError where it is none."""
    body = text.strip()
    alternatives = body.startswith("vers:")
    if alternatives:
        body = body.partition("/")[2]
    if body in {"", "*"} and (text.strip() in {"", "*"} or (alternatives and body == "*")):
        return VersionRange()
    constraints = []
    for part in body.split("|" if alternatives else ","):
        match = _CONSTRAINT.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"{part.strip()!r} is no version constraint: write >=1.2 or <2")
        constraints.append(_Constraint(match[1] or "=", version_key(match[2])))
    return VersionRange(tuple(constraints), alternatives)
