"""The rows of a law pack as an auditor reads them: from the kept bundle, by a reading of its own.

Nothing here is shared with whoever judges and routes (SPEC 4): the same JSON, read twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from pipeline.audit.durations import days_of, later
from pipeline.model import Json

OURS = "centre"
INCIDENT, CANDIDATE = "incident", "candidate"
_ALWAYS = ("opened", "changed", "retracted", "closed", "requested")
_WEIGHT = {"statute": 0, "by-law": 1, "policy": 2}


@dataclass(frozen=True, slots=True)
class Term:
    """Until when something is owed, on which ground, set by whom."""

    due_at: int
    basis: str
    set_by: str


@dataclass(frozen=True, slots=True)
class Owing:
    """What a term depends on: whose object it is, when it opened, since when it is owed.

    ``subject`` is ``incident`` or ``candidate``; ``flags`` are the object's at the opening.
    """

    role: str
    subject: str
    flags: frozenset[str]
    opened: int
    since: int


class LawBook:
    """A pack's bundle; ValueError where the bytes are none."""

    def __init__(self, bundle: bytes) -> None:
        try:
            document = orjson.loads(bundle)
            rows: dict[str, list[Json]] = document["rows"]
            self._days = days_of(document["head"])
        except (KeyError, TypeError) as error:
            raise ValueError("the bytes are no law pack") from error
        self._rows = rows
        self._held: dict[tuple[str, int], Sequence[Json]] = {}
        moments = (row.get(edge) for found in rows.values() for row in found
                   for edge in ("valid_from", "valid_to"))  # fmt: skip
        self._edges = sorted({edge for edge in moments if isinstance(edge, int)})

    def rows(self, section: str, at: int) -> Sequence[Json]:
        """Give a section's rows in force at an instant (ns)."""
        span = sum(edge <= at for edge in self._edges)
        found = self._held.get((section, span))
        if found is None:
            found = self._held[section, span] = [
                row for row in self._rows.get(section, ()) if _in_force(row, at)
            ]
        return found

    def legs(self, kind: str, owing: Owing) -> tuple[str, ...]:
        """Give the pack's names for a kind of notice to a role: those that have a term for it."""
        named = [row["id"] for row in self.rows("legs", owing.opened) if row["kind"] == kind]
        found = tuple(leg for leg in named if self._of(leg, owing))
        return found or (kind,)

    def term(self, leg: str, owing: Owing) -> Term:
        """Give until when a leg is owed: the earliest of the rows that speak of it.

        What no row speaks of is owed at once, by policy: a gap in a pack makes nobody wait.
        """
        dues = [
            (due, _WEIGHT[row["set_by"]], row["id"], row)
            for row in self._of(leg, owing)
            if (due := self._later(row, owing)) >= owing.since or row.get("goes_on") is not False
        ]
        if not dues:
            return Term(owing.since, "policy", "policy")
        ended = [
            one for one in dues if one[3].get("goes_on") is False
        ]  # closed in time: before all
        due, _, _, row = min(ended or dues, key=lambda one: one[:3])
        return Term(due, row["basis"], row["set_by"])

    def demanded(self, subject: str, flags: frozenset[str], at: int) -> Sequence[Json]:
        """Give the route rows that count for a subject on an object with these flags."""
        return [
            row
            for row in self.rows("routes", at)
            if row["subject"] == subject and _meant(row, flags) and _by_us(row)
        ]

    def permitted(self, flags: frozenset[str], at: int) -> frozenset[str]:
        """Give the roles to whom some row sends notices, whoever reported and of what."""
        return frozenset(
            row["role"]
            for row in self.rows("routes", at)
            if row.get("effect", "notice") == "notice" and _meant(row, flags)
            and (row["subject"] not in (INCIDENT, CANDIDATE) or not _by_us(row))
        )  # fmt: skip

    def guests(self, role: str, at: int) -> tuple[str, ...] | None:
        """Give by which parties of hosted objects a role is told; None for an unknown role."""
        if all(row["id"] != role for row in self.rows("roles", at)):
            return None
        paths: Iterable[str] = (
            path
            for row in self.rows("routes", at)
            if row["role"] == role and row.get("of") == "guests"
            for path in row["parties"]
        )
        return tuple(dict.fromkeys(paths))

    def channel_roles(self, channel: str, at: int) -> Sequence[str] | None:
        """Give the roles that may be reached by a kind of channel; None where no row names it."""
        found = [row["roles"] for row in self.rows("channels", at) if row["id"] == channel]
        return found[0] if found else None

    def pages_only(self, rule: str, at: int) -> bool:
        """Tell whether a rule of the secrecy guard leaves only the page to the duty officer."""
        return any(
            row["id"] == rule and row.get("keeps") == "page" for row in self.rows("guard", at)
        )

    def _of(self, leg: str, owing: Owing) -> list[Json]:
        return [
            row
            for row in self.rows("terms", owing.opened)
            if row["leg"] == leg and row.get("duty_of", OURS) == OURS and row.get("offset")
            and owing.role in row["recipients"] and _meant(row, owing.flags) and _by_us(row)
            and (not row.get("subjects") or owing.subject in row["subjects"])
        ]  # fmt: skip

    def _later(self, row: Json, owing: Owing) -> int:
        return later(self._begin(row, owing), row["offset"], self._days)

    def _begin(self, row: Json, owing: Owing) -> int:
        """Give from when a term runs; one that runs from another leg, from that leg's own end."""
        if row["trigger"] in _ALWAYS:
            return owing.since
        opened = Owing(owing.role, owing.subject, owing.flags, owing.opened, owing.opened)
        before = [self._later(one, opened) for one in self._of(row["trigger"], opened)]
        return min(before, default=owing.since)


def _in_force(row: Json, at: int) -> bool:
    end = row.get("valid_to")
    begins: int = row["valid_from"]
    return begins <= at and (end is None or at < end)


def _by_us(row: Json) -> bool:
    return not row.get("reporters") or OURS in row["reporters"]


def _meant(row: Json, flags: frozenset[str]) -> bool:
    when: Any = row.get("when") or {}
    return flags.issuperset(when.get("flags") or ()) and flags.isdisjoint(when.get("without") or ())
