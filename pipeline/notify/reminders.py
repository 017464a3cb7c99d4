"""Reminders of clocks, and the chains of them: which are due when, from the pack's rows alone.

A reminder's id follows from row, clock, ordinal and whom it is for, so that it is made once however
often, and by whomever, it is found due. It is owed where its time came while its clock ran, and,
on its way up the duty roster, before a person acknowledged. So what is owed by some instant does
not depend on when anybody looked: a tick after days of downtime makes what a thousand ticks would
have made, and a clock that is put back makes nothing again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pipeline.model import Leg, Recipient, identity
from pipeline.model.calendar import Calendar
from pipeline.notify.clock import TermClock
from pipeline.registry import LEVELS


class Rule(Protocol):
    """One row of the pack's section ``reminders``."""

    @property
    def id(self) -> str:
        """The row's name."""

    @property
    def legs(self) -> tuple[str, ...]:
        """Of which legs; all where empty."""

    @property
    def recipients(self) -> tuple[str, ...]:
        """Of clocks to which roles; all where empty."""

    @property
    def duty_of(self) -> str:
        """Of whose duties."""

    @property
    def to(self) -> str:
        """A role of the route, or a level of the duty roster."""

    @property
    def basis(self) -> str:
        """Norm or policy."""

    @property
    def set_by(self) -> str:
        """``statute``, ``by-law`` or ``policy``."""

    def instants(self, due_at: int, calendar: Calendar) -> Iterator[int]:
        """Give when it is due for a term (nanoseconds)."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder of one clock to one recipient, due ``at`` (nanoseconds)."""

    id: str
    rule: Rule
    clock: TermClock
    ordinal: int
    at: int
    recipient: Recipient

    @property
    def climbs(self) -> bool:
        """Tell whether it is a step up the duty roster, which an acknowledgement stops."""
        return self.recipient.role in LEVELS


@dataclass(frozen=True, slots=True)
class Chains:
    """What reminds of an incident: the rows at its opening, whom they may reach, who acknowledged.

    ``route`` names the recipients outside; who is not told of the incident is not reminded of it.
    ``acknowledged``: when somebody took note, by clock; "" stands for all of the incident's.
    """

    rules: Sequence[Rule]
    calendar: Calendar
    route: Sequence[Leg] = ()
    acknowledged: Mapping[str, int] = field(default_factory=dict)

    def __call__(self, clocks: Sequence[TermClock]) -> list[Reminder]:
        """Give every reminder of the clocks that is or will be owed, in order of time and id."""
        found = [
            reminder
            for clock in clocks
            if clock.due_at is not None
            for rule in self.rules
            if _speaks(rule, clock)
            for reminder in self._of(rule, clock, clock.due_at)
        ]
        return sorted(found, key=lambda one: (one.at, one.id))

    def _of(self, rule: Rule, clock: TermClock, due_at: int) -> Iterator[Reminder]:
        for ordinal, at in enumerate(rule.instants(due_at, self.calendar), 1):
            if at < clock.begins_at or not clock.runs(at) or self._stopped(rule, clock, at):
                continue
            for recipient in self._whom(rule.to):
                role, party = recipient.role, recipient.party_id
                name = identity("reminder", rule.id, clock.id, ordinal, role, party)
                yield Reminder(name, rule, clock, ordinal, at, recipient)

    def _whom(self, to: str) -> tuple[Recipient, ...]:
        if to in LEVELS:
            return (Recipient(to, ""),)
        told = (Recipient(leg.role, leg.party_id) for leg in self.route if leg.role == to)
        return tuple(dict.fromkeys(told))

    def _stopped(self, rule: Rule, clock: TermClock, at: int) -> bool:
        if rule.to not in LEVELS:
            return False
        words = (self.acknowledged.get(key) for key in (clock.id, ""))
        return any(word is not None and word <= at for word in words)


def _speaks(rule: Rule, clock: TermClock) -> bool:
    return (
        rule.duty_of == clock.duty_of
        and (not rule.legs or clock.leg in rule.legs)
        and (not rule.recipients or clock.recipient.role in rule.recipients)
    )
