"""What the desk answers beside rows: why, statistics, compliance, verification, versions.

Made from the store as the command line makes it, over the objects of the viewer's mandate.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

import orjson

from pipeline.assess.reason_texts import reason_texts
from pipeline.incidents.life_cycle import COMMANDS as STEPS
from pipeline.incidents.life_cycle import form_problems
from pipeline.incidents.reports import REPORT, report_problems
from pipeline.incidents.silences import who
from pipeline.incidents.statistics import History, Period, days, month, year
from pipeline.incidents.trail import verify_trail
from pipeline.model import (
    NANOSECONDS,
    Command,
    Instant,
    Json,
    as_document,
    rfc3339,
)
from pipeline.model.conditions import All, Among
from pipeline.ports import Stores
from pipeline.ports.searching import Ask, Kind, Search
from pipeline.registry import ObjectRecord, Registry, registry_from_bundle
from pipeline.registry.moments import zone_named
from pipeline.registry.registry import registry_of
from pipeline.runtime.archive import Archive, record_at
from pipeline.runtime.checkpoint_keys import trusted
from pipeline.runtime.cli.incidents_why import texts_folder, why
from pipeline.runtime.compliance import by_sector, compliance
from pipeline.runtime.duty_commands import COMMANDS as DUTIES
from pipeline.runtime.duty_commands import duty_problems
from pipeline.runtime.figures import Figures
from pipeline.runtime.redelivering import ROLES as DELIVERIES
from pipeline.runtime.redelivering import delivery_problems
from pipeline.runtime.settled import checkpoints_by, entries_by
from pipeline.runtime.web_in_force import ADMINISTRATION, in_force
from pipeline.runtime.written import written_problems
from pipeline.settings import Settings
from pipeline.web.mandate import STUB, WHOLE, Mandate

MOST_VERSIONS = 100
VERIFIED_FOR = 60 * NANOSECONDS
NOTHING_SEEN = Mandate(frozenset())


@dataclass
class SeenArchive(Archive):
    """A store as far as a viewer sees it; ``withheld`` counts incidents seen as stubs alone.

    What an object is (its branch, its classes) follows from an incident that is seen whole; how
    objects are watched is told of those whose records are seen.
    """

    seen: Mandate = NOTHING_SEEN
    withheld: int = 0

    @cached_property
    def registry(self) -> Registry:
        """Give the registry with the objects alone whose records are seen."""
        whole, objects = self._whole, self.seen.objects
        if objects is None:
            return whole
        kept = {name: one for name, one in whole.histories.items() if name in objects}
        parties = whole.every_party()
        return registry_of(kept, parties, whole.marks, whole.duty_rows, whole.roster)

    @cached_property
    def _whole(self) -> Registry:
        return registry_from_bundle(self._bundle("registry"))

    def histories(self, period: Period) -> Iterator[History]:
        """Give the incidents of a period that are seen whole, as their histories show them."""
        for one in super().histories(period):
            latest = max(one.revisions, key=lambda each: each.revision)
            if not period.holds(latest.opened_at):
                continue
            standing = self.seen.incident(as_document(latest))
            self.withheld += standing == STUB
            if standing == WHOLE:
                shown = (each for each in one.revisions if self.seen.revision(as_document(each)))
                told = (each for each in one.notices if self.seen.notice(as_document(each)))
                yield History(tuple(shown), tuple(told))

    def _record_at(self, object_id: str, at: int) -> ObjectRecord | None:
        return record_at(self._whole, object_id, at)


@dataclass(slots=True)
class StoreAnswers:
    """Answers over one store beside its writer; ``clock`` gives nanoseconds."""

    stores: Stores
    search: Search
    settings: Settings
    clock: Callable[[], Instant]
    settling: Instant = 0  # entries of the trail may come so long after their checkpoint
    _verified: tuple[Instant, Json] | None = None
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def check(self, command: Command) -> Sequence[str]:
        """Give what is wrong with a command by itself: who, why, and what it says."""
        if command.name in STEPS:
            problems = form_problems(command)
        elif command.name in DUTIES:
            problems = list(duty_problems(command))
        elif command.name in DELIVERIES:
            problems = list(delivery_problems(command))
        elif command.name == REPORT:
            problems = list(report_problems(command))
        else:
            problems = list(who(command.role, command.author, command.reason, (command.role,)))
        revision = in_force(self.search, "registry")
        data = self.stores.content.bundle("registry", revision) if revision else None
        if data is None:
            return [*problems, "no system has run on this store: nobody takes commands"]
        return [*problems, *written_problems(command, registry_from_bundle(data).marks)]

    def why(self, incident_id: str, revision: int, language: str) -> Json | None:
        """Explain a revision, 0 the last, by the pack that judged it."""
        history = self.stores.incidents.history(incident_id)
        chosen = [one for one in history if revision in (0, one.revision)]
        if not chosen:
            return None
        texts = reason_texts(texts_folder(self.settings.law.pack))
        return why(self.stores, history, chosen[-1], language, texts).document()

    def statistics(self, asked: Mapping[str, str], seen: Mandate) -> Json:
        """Report a period over what is seen; ValueError where it is none."""
        known_at = self.clock()
        period = self._period(asked, known_at)
        archive = SeenArchive(self.stores, known_at, seen=seen)
        report = as_document(Figures(archive, self.settings).report(period))
        if seen.objects == frozenset():
            report["coverage"] = []  # rows of zeros would say that nobody is watched
        first, last = (self._day_of(at) for at in (period.begin, period.end - 1))
        return {**report, "withheld": archive.withheld, "first_day": first, "last_day": last}

    def compliance(self, objects: frozenset[str] | None) -> Sequence[Json]:
        """Give the countdowns of objects (None: all), and their sums by branch."""
        now = self.clock()
        found = compliance(Archive(self.stores, now).registry, now)
        kept = [one for one in found if objects is None or one.object_id in objects]
        sums = [{"summary": as_document(one)} for one in by_sector(kept)]
        return [*map(as_document, kept), *sums]

    def verify(self) -> Json:
        """Verify the audit trail, not more often than once a minute."""
        with self._turn:
            now = self.clock()
            if self._verified is None or not 0 <= now - self._verified[0] < VERIFIED_FOR:
                self._verified = now, self._verify()
            return self._verified[1]

    def versions(self) -> Json:
        """Tell what is in force, and the changes before it, newest first."""
        kinds = ("content", "registry", "pack")
        named = Among("kind", tuple(f"{one}_in_force" for one in kinds))
        where = All((named, Among("chain", (ADMINISTRATION,))))
        rows = self.search.page(Ask(Kind.AUDIT, where, limit=MOST_VERSIONS)).rows
        changes = [orjson.loads(row) for row in rows]
        return {
            "in_force": {one: in_force(self.search, one) for one in kinds},
            "changes": [
                {name: one[name] for name in ("kind", "subject", "at", "actor")} for one in changes
            ],
        }

    def _verify(self) -> Json:
        settled = self.clock() - self.settling
        with self.stores.database.still():
            found = verify_trail(
                checkpoints_by(settled, self.stores.checkpoints.read()),
                entries_by(settled, self.stores.audit.read()),
                trusted(self.settings.audit),
            )
        return {
            "at": rfc3339(self.clock()),
            "whole": not found.breaks,
            "breaks": [str(one) for one in found.breaks],
            "entries": found.entries,
            "covered": found.covered,
            "checkpoints": found.checkpoints,
            "signed": found.signed,
            "signatures_checked": found.keys,
            "last": as_document(found.last) if found.last is not None else None,
        }

    def _day_of(self, at: Instant) -> str:
        zone = zone_named(self.settings.statistics.zone)
        return datetime.fromtimestamp(at // NANOSECONDS, zone).date().isoformat()

    def _period(self, asked: Mapping[str, str], known_at: Instant) -> Period:
        name = self.settings.statistics.zone
        zone = zone_named(name)
        given = set(asked)
        if given == {"year"}:
            return year(_year(asked["year"]), zone, name)
        if given == {"from", "to"}:
            return days(_day(asked["from"]), _day(asked["to"]), zone, name)
        if not given <= {"month"}:
            raise ValueError("name a month, a year, or from with to")
        known = datetime.fromtimestamp(known_at // NANOSECONDS, zone)
        return month(asked.get("month") or f"{known:%Y-%m}", zone, name)


def _year(text: str) -> int:
    if len(text) != 4 or not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text[:40]!r} is no year: write 2026")
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text[:40]!r} is no day: write 2026-03-01") from error
