"""Real runs with made findings: the fold, the verdict, the router, the outbox and the trail."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import pytest

from connectors.stores.auditor_state import AuditorState
from connectors.stores.sqlite import open_sqlite
from connectors.stores.sqlite.trace import SqliteTrace
from pipeline.audit import Allowance, Discrepancy
from pipeline.model import (
    NANOSECONDS,
    BatchKind,
    Command,
    Finding,
    Incident,
    Labels,
    Notice,
    Observation,
    RawBatch,
    RuleRef,
    Tri,
    finding_id,
    from_json,
    identity,
)
from pipeline.runtime import bootstrap
from pipeline.runtime.auditor import Auditor
from pipeline.runtime.chain import Observed
from pipeline.runtime.clocks import StoryClock
from pipeline.runtime.configuration import bundled
from pipeline.runtime.knowledge import Knowledge, read_knowledge
from pipeline.settings import Settings
from tests.runtime.centre import AT, Centre

SECOND = NANOSECONDS
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND
ALLOWED = Allowance(at_once=60 * SECOND, skew=60 * SECOND, lines={})

YES = Labels(
    failure=Tri.YES, harms={"obtain": Tri.YES}, acts={"unauthorised_access": Tri.YES}, reason="made"
)
WORSE = replace(YES, harms={"obtain": Tri.YES, "copy": Tri.YES}, acts={
    "unauthorised_access": Tri.YES, "leak": Tri.YES,
})  # fmt: skip
UNKNOWN = Labels(acts={"unauthorised_access": Tri.YES}, reason="made")
MARKED = replace(YES, fixed_class="withheld_record")
VERDICTS = {"yes": YES, "worse": WORSE, "unknown": UNKNOWN}


@dataclass
class Run:
    """One centre whose findings are made: each fold is a batch of one object."""

    made: Centre
    _folds: int = 0
    _findings: dict[str, Finding] = field(default_factory=dict)

    @property
    def store(self) -> Path:
        """Give the store's file."""
        return self.made.folder / "saqshy.db"

    @property
    def now(self) -> int:
        """Give the time."""
        return self.made.clock.now()

    def find(
        self, object_id: str, name: str, labels: Labels | None, *, after: int = MINUTE
    ) -> None:
        """Find something, say it anew, or (None) take it back, a while later; nothing is sent."""
        self.made.clock.advance_to(self.now + after)
        last = self._findings.get(name)
        if last is None:
            at = self.now - MINUTE
            event = identity("event", object_id, name)
            last = Finding(
                id=finding_id(f"rule-{name}", {"host": "h1"}, event),
                revision=0,
                kind="rule",
                rule=RuleRef(f"rule-{name}", "made", "high", "0"),
                object_id=object_id,
                first_event_at=at,
                last_event_at=at,
                event_ids=(event,),
                event_count=1,
                group={"host": "h1"},
                labels=Labels(),
                fields={},
                trial=object_id == "kz-trial-transport",
            )
        found = replace(
            last,
            revision=last.revision + 1,
            labels=labels or last.labels,
            retracted=labels is None,
        )
        self._findings[name] = found
        self._fold(object_id, [found])

    def deliver(self) -> None:
        """Deliver everything that is due."""
        while self.made.system.dispatcher.run_due():
            pass

    def command(self, step: str, incident: Incident, **detail: object) -> None:
        """Let the duty lead take a step on an incident."""
        self.made.clock.advance_to(self.now + MINUTE)
        self.made.system.collector.command(
            Command(
                f"incident_{step}", "duty_lead", "a.lead", "made by a test on purpose",
                self.now,
                {"object_id": incident.object_id, "incident": incident.id, **detail},
            )
        )  # fmt: skip
        self.made.drain()

    def incident(self, object_id: str) -> Incident:
        """Give an object's newest incident, as it stands."""
        return list(self.made.system.stores.incidents.latest(object_id))[-1]

    def notices(self, object_id: str = "") -> list[Notice]:
        """Give the notices about an object, or all."""
        return [one for one in self.made.notices() if object_id in ("", one.object_id)]

    def _fold(self, object_id: str, findings: list[Finding]) -> None:
        engine = self.made.system.engine
        self._folds += 1
        batch = RawBatch(
            id=identity("batch", self._folds), object_id=object_id, source_id="made",
            sequence=self._folds, previous=self._folds - 1, received_at=self.now,
            reference_at=self.now, format="json", records=(),
            revisions=self.made.system.reloader.knowledge.revisions,
        )  # fmt: skip
        seen = Observation(
            batch_id=batch.id, kind=BatchKind.RAW, object_id=object_id, source_id="made",
            sequence=batch.sequence, previous=batch.previous, received_at=batch.received_at,
            revisions=batch.revisions,
        )  # fmt: skip
        rows = engine.folding.rows(object_id)
        with engine.stores.database.transaction():
            folded = engine.chain(batch.revisions).judge(rows, findings, seen)
            engine.folding.save(rows)
            engine._keep(batch, Observed((), (), seen), (folded,))
        rows.settled()


@contextmanager
def run(folder: Path, at: int = AT, pack: str = "kz") -> Iterator[Run]:
    """Assemble a centre over a folder, without rules, and close it at the end."""
    settings = _settings(folder, pack)
    clock = StoryClock(at)
    with pytest.MonkeyPatch.context() as patch:
        # Law pack and registry never change here: reading them takes longer than everything else.
        patch.setattr(bootstrap, "read_knowledge", lambda _settings: _knowledge(pack))
        system = bootstrap.assemble(settings, clock)
    try:
        yield Run(Centre(folder, system, clock))
    finally:
        system.close()


@cache
def _knowledge(pack: str) -> Knowledge:
    return read_knowledge(_settings(Path(), pack))


def _settings(folder: Path, pack: str) -> Settings:
    return Settings.model_validate(
        {
            "store": {"path": folder / "saqshy.db"},
            "registry": [bundled("objects")],
            "content": {"paths": [], "cache": folder / "cache"},
            "law": {"pack": bundled("law") / pack},
            "notify": {"folder": {"path": folder / "outgoing"}, "retry_seconds": 0.05},
            "web": None,
            "log": {"level": "error"},
        }
    )


def night(one: Run) -> None:
    """Let a bit of everything happen, and deliver it."""
    one.find("kz-bank", "entry", YES)
    one.deliver()
    one.find("kz-energy-tec", "entry-tec", UNKNOWN)
    one.deliver()
    one.find("kz-dc", "entry-dc", YES)
    one.deliver()
    one.find("kz-bank", "entry", WORSE)
    one.deliver()
    one.find("kz-egov-portal", "marked", MARKED)
    one.find("kz-trial-transport", "entry-trial", YES)
    one.deliver()
    one.find("kz-energy-tec", "entry-tec", YES)
    one.find("kz-dc", "entry-dc", None)
    one.deliver()
    one.find("kz-unattested", "entry-un", YES)
    one.deliver()


def copied(store: Path, folder: Path) -> Path:
    """Copy a store that nobody writes now."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "saqshy.db"
    with sqlite3.connect(store) as source, sqlite3.connect(target) as sink:
        source.backup(sink)
    source.close()
    sink.close()
    return target


def auditor(store: Path, state: Path | None = None, **changes: object) -> Auditor:
    """Make an auditor over a store."""
    allowed = replace(ALLOWED, **changes)  # type: ignore[arg-type]  # fields by name
    content = open_sqlite(store, readonly=True).content
    path = state or store.with_name("auditor.db")
    return Auditor(SqliteTrace(store), content, AuditorState(path), allowed)


def found(store: Path, now: int, **changes: object) -> list[Discrepancy]:
    """Look once at everything in a store; give what stands."""
    one = auditor(store, store.with_name(f"auditor-{now}.db"), **changes)
    try:
        one.look(now, everything=True)
        return [from_json(Discrepancy, alarm.data) for alarm in one.state.alarms()]
    finally:
        one.close()


def told(discrepancies: list[Discrepancy]) -> list[tuple[str, str]]:
    """Give kind and what of each, sorted."""
    return sorted((one.kind, one.what) for one in discrepancies)
