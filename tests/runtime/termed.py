"""Clocks without the rest of the system: incidents, notices and ticks on stores of one's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache

from connectors.stores.memory import open_memory
from pipeline.assess import CentreTerms, Pack, load_pack, pack_words
from pipeline.incidents import Revised
from pipeline.model import (
    NANOSECONDS,
    BatchKind,
    Command,
    Incident,
    IncidentState,
    Leg,
    Notice,
    NoticeState,
    RawBatch,
    Receipt,
    Revisions,
    Tri,
    identity,
    instant,
    to_json,
)
from pipeline.notify import Channels, Composer, Desk, Texts, notices_for, read_texts
from pipeline.notify.clock import TermClock
from pipeline.ports import Stores
from pipeline.registry import Names, Party, Registry, Roster, make_registry
from pipeline.runtime.chainer import audited
from pipeline.runtime.duty_commands import obey_duty
from pipeline.runtime.folded import Folded
from pipeline.runtime.term_answers import TermAnswers, term_answers
from pipeline.runtime.terms_tick import TermsTick
from tests.notify.made import assessment
from tests.registry.making import RULES, record

AT = instant("2026-03-02T12:00:00Z")
SECOND = NANOSECONDS
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
HOLDER = Leg("holder", "holder", "kz-418-V/7-2(1)(2)", "statute", "holder")
NCC = Leg("ncc", "ncc", "kz-418-V/7-2(1)(2)", "statute", "coordination centre")
CSIRT = Leg("csirt", "ncc", "eu-2022-2555/23(1)", "statute", "csirt")
OFFICER = Leg("duty_officer", "", "policy", "policy", "a person decides")
PEOPLE = tuple("abcd")


class Killed(Exception):
    """The process ends here."""


@dataclass(slots=True)
class Counted:
    """Figures in plain lists."""

    met_clocks: list[tuple[str, bool]] = field(default_factory=list)
    missed_clocks: list[str] = field(default_factory=list)
    made: list[tuple[str, bool]] = field(default_factory=list)

    def met(self, clock: TermClock, *, late: bool) -> None:
        """Note a clock that was met."""
        self.met_clocks.append((clock.leg, late))

    def missed(self, clock: TermClock) -> None:
        """Note a clock whose term passed."""
        self.missed_clocks.append(clock.leg)

    def reminded(self, role: str, *, late: bool) -> None:
        """Note a reminder."""
        self.made.append((role, late))


@cache
def pack(name: str) -> Pack:
    """Load a pack once."""
    return load_pack(RULES / "law" / name)


@cache
def words() -> Texts:
    """Read the catalogs once."""
    return read_texts()


@cache
def registry() -> Registry:
    """Give a plain and a critical object, their parties, and a roster."""
    names = Names(kk="Т", ru="С", en="P")
    listed = {"sector": "banking", "list_ref": "example", "listed_at": "2024-01-01"}
    return make_registry(
        [record("plant"), record("grid", critical=listed)],
        [Party(id="holder", names=names), Party(id="ncc", names=names)],
        roster=roster(),
    )


def roster(ends: str = "2099-12-31") -> Roster:
    """Give three levels with a turn of twelve hours on the first."""
    people = [
        {"id": one, "name": one, "languages": ["kk"], "channels": [{"channel": "memory"}]}
        for one in PEOPLE
    ]
    rotas = [
        {"level": "duty_officer", "people": ["a", "b"], "hours": 12},
        {"level": "duty_lead", "people": ["c"], "hours": 168},
        {"level": "head_of_centre", "people": ["d"], "hours": 8760},
    ]
    held = [{"begins": "2026-01-01", "ends": ends, **one} for one in rotas]
    return Roster.model_validate({"people": people, "rotas": held})


@dataclass(slots=True)
class World:
    """Stores with clocks that one or several schedulers keep; ``now`` is the machine's time."""

    law: str = "kz"
    stores: Stores = field(default_factory=open_memory)
    known: Registry = field(default_factory=registry)
    now: int = AT
    figures: Counted = field(default_factory=Counted)
    terms: TermsTick = field(init=False)
    answers: TermAnswers = field(init=False)
    channels: Channels = field(default_factory=lambda: Channels(otherwise="memory"))
    _batches: int = 0

    def __post_init__(self) -> None:
        held = pack(self.law)
        texts = words().beside(pack_words(held))
        self.answers = term_answers(held, self.known, "OCIB-1", texts, self.channels)
        self.terms = self.scheduler()

    def scheduler(self, most: int = 1000) -> TermsTick:
        """Give a scheduler that knows nothing but the stores."""
        return TermsTick(self.stores, self.figures, 60 * SECOND, most)

    def opened(self, name: str, *legs: Leg, object_id: str = "plant", verdict: Tri = Tri.YES,
               guard: str = "open") -> Incident:  # fmt: skip
        """Open an incident or a candidate now, with the notices that it owes."""
        judged = assessment(verdict=verdict, route=legs or (HOLDER, NCC), guard=guard)
        incident = Incident(
            id=identity("incident", name),
            revision=1,
            object_id=object_id,
            fold_key="k",
            state=IncidentState.NEW if verdict is Tri.YES else IncidentState.CANDIDATE,
            opened_at=self.now,
            changed_at=self.now,
            first_event_at=self.now,
            last_event_at=self.now,
            event_count=1,
            finding_ids=("f",),
            assessment=judged,
        )
        self.keep(Revised(None, incident))
        return incident

    def acted(self, incident: Incident, state: IncidentState, actor: str = "analyst/a") -> Incident:
        """Have a person take an incident to a state."""
        last = self.stores.incidents.history(incident.id)[-1]
        closed = self.now if state is IncidentState.CLOSED else 0
        after = replace(
            last, revision=last.revision + 1, state=state, changed_at=self.now, actor=actor,
            closed_at=closed,
        )  # fmt: skip
        self.keep(Revised(last, after))
        return after

    def keep(self, item: Revised) -> None:
        """Commit a revision with its notices."""
        flags = self.answers._flags(item.incident)
        terms = CentreTerms(pack(self.law), item.incident.opened_at, flags)
        composer = Composer("OCIB-1", words().beside(pack_words(pack(self.law))))
        desk = Desk(composer, self.channels, terms, terms.legs, terms.guest_paths)
        notices = notices_for(item.incident, item.previous, self.known, desk)
        part = Folded(revised=[item], notices=notices)
        with self.stores.database.transaction():
            self.stores.incidents.put_incidents(part.incidents)
            self.stores.outbox.put(notices)
            self.terms.follow(self.answers, [part])
        self.terms.settled()

    def deliver(self, notice: Notice) -> None:
        """Let a notice arrive now."""
        receipt = Receipt(notice.id, "somebody", self.now, {})
        after = replace(
            notice, state=NoticeState.ACKNOWLEDGED, attempts=notice.attempts + 1, receipt=receipt
        )
        assert self.stores.outbox.change(notice, after)

    def tick(self, terms: TermsTick | None = None, *, kill: bool = False) -> list[Notice]:
        """Fold a tick of now as the engine does; with ``kill`` the process ends before commit."""
        used = terms or self.terms
        with _perhaps_killed(), self.stores.database.transaction():
            folded = used.tick(self.answers, self.batch())
            self.stores.outbox.put(folded.notices)
            audited(self.stores.audit, folded.drafts)
            if kill:
                raise Killed
            used.settled()
            return list(folded.notices)
        used.forget()
        return []

    def said(self, name: str, role: str = "analyst", author: str = "a", **detail: str) -> str:
        """Have a person say something; give the kind of the audit entry."""
        command = Command(name, role, author, "because it was so agreed", self.now, dict(detail))
        with self.stores.database.transaction():
            folded = obey_duty(self.terms, self.answers, self.batch(to_json(command)))
            assert folded is not None
            audited(self.stores.audit, folded.drafts)
        return folded.drafts[0].kind

    def batch(self, *records: bytes) -> RawBatch:
        """Make the batch of a command, or of a tick where there is none."""
        self._batches += 1
        return RawBatch(
            id=identity("batch", self._batches),
            object_id="",
            source_id="commands" if records else "clock",
            sequence=self._batches,
            previous=self._batches - 1,
            received_at=self.now,
            reference_at=self.now,
            format="clock",
            records=records,
            kind=BatchKind.COMMAND if records else BatchKind.CLOCK,
            revisions=Revisions("c", "r", "p"),
        )

    def reminders(self) -> list[Notice]:
        """Give the reminders that were made, by creation."""
        return [one for one in self.stores.outbox.list() if one.kind == "reminder"]

    def clocks(self, incident: Incident) -> list[TermClock]:
        """Give an incident's clocks as they stand."""
        row = self.terms.rows.watch(incident.id)
        view = self.terms.view(self.answers, row) if row is not None else None
        return list(view.clocks) if view is not None else []


@contextmanager
def _perhaps_killed() -> Iterator[None]:
    try:
        yield
    except Killed:
        return
