"""The auditor beside a system that makes checkpoints: what it follows, alarms on and passes on."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pipeline.errors import ConfigurationError
from pipeline.runtime.auditor import Auditor
from pipeline.runtime.auditor_process import AuditorProcess
from pipeline.runtime.auditor_wiring import make_auditor, make_process, verifying
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.pki import Pki, development_pki
from pipeline.settings import AuditSettings
from tests.audit.runs import copied
from tests.runtime.centre import Centre, centre, entry, failures

MINUTE = 60 * 10**9
NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Give keys for this machine."""
    return development_pki(tmp_path_factory.mktemp("keys") / "pki", NOW)


@contextmanager
def signing(folder: Path, pki: Pki) -> Iterator[Centre]:
    """Assemble a system that signs its checkpoints."""
    with centre(folder, audit={"signing_key": str(pki.audit_signing)}) as made:
        yield made


@contextmanager
def watching(made: Centre, pki: Pki, state: str = "auditor.db") -> Iterator[Auditor]:
    """Watch its store, or a copy, with the public key alone."""
    settings = read_settings(made.folder / "saqshy.yml")
    public = AuditSettings(verifying_keys=(pki.audit_verifying,))
    settings = settings.model_copy(update={"audit": public})
    one = make_auditor(settings, made.folder / "saqshy.db", made.folder / state)
    try:
        yield one
    finally:
        one.close()


def said(one: Auditor) -> list[tuple[str, str]]:
    """Give kind and what of every alarm about the trail that stands."""
    alarms = (orjson.loads(alarm.data) for alarm in one.state.alarms())
    return sorted((alarm["kind"], alarm["what"]) for alarm in alarms if not alarm["incident_id"])


@contextmanager
def rows(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a store as an intruder would."""
    with closing(sqlite3.connect(path)) as db, db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            db.execute(f"DROP TRIGGER {name}")
        yield db


def test_a_run_stays_clean_look_by_look(tmp_path: Path, pki: Pki) -> None:
    """Looks between checkpoints find nothing, and pass the newest token on."""
    with signing(tmp_path, pki) as made, watching(made, pki) as one:
        for minute in range(45, 60, 3):
            made.take([*failures(minute), entry(minute)])
            made.tick(3)
            one.look(made.clock.now())
            assert said(one) == []
            last = made.system.stores.checkpoints.last()
            assert last is not None
            assert one.state.mark("checkpoint_token") == last.token
        assert one.state.mark("checkpoint") == "3"
        one.look(made.clock.now(), everything=True)
        assert said(one) == []


def test_an_overdue_checkpoint(tmp_path: Path, pki: Pki) -> None:
    """Entries under no checkpoint raise an alarm in time, which ends with the next checkpoint."""
    with signing(tmp_path, pki) as made, watching(made, pki) as one:
        made.tick()
        stopped, made.system.engine.checkpoints = made.system.engine.checkpoints, None
        made.take([*failures(46), entry(46)])
        since = made.clock.now()
        one.look(since + 10 * MINUTE)
        assert said(one) == []
        one.look(since + 10 * MINUTE + 1)
        one.look(since + 20 * MINUTE)
        assert said(one) == [("late", "checkpoint_overdue")]
        made.system.engine.checkpoints = stopped
        made.tick(25)
        one.look(made.clock.now())
        assert said(one) == []


def test_an_idle_system_owes_none(tmp_path: Path, pki: Pki) -> None:
    """Where nothing was recorded since the last checkpoint, none is overdue."""
    with signing(tmp_path, pki) as made:
        made.tick()
        with watching(made, pki) as one:
            one.look(made.clock.now() + 1440 * MINUTE)
            assert said(one) == []


COVERED = """chain = 'kz-bank' AND number = (SELECT number FROM checkpoint_heads
    WHERE checkpoint = 2 AND chain = 'kz-bank')"""
EDITS = {
    "a token forged": (
        "UPDATE checkpoints SET token = token || 'A' WHERE number = 2",
        {"checkpoint_rewritten"},
    ),
    "the last cut off": ("DELETE FROM checkpoints WHERE number = 2", {"checkpoints_cut"}),
    "a head changed": (
        "UPDATE checkpoint_heads SET hash = 'ff' WHERE checkpoint = 2 AND chain = 'kz-bank'",
        {"checkpoint_misfit"},
    ),
    "a covered entry changed": (
        f"UPDATE audit SET data = replace(data, 'saqshy', 'nobody') WHERE {COVERED}",
        {"covered_entry", "entry_changed"},
    ),
}


@pytest.mark.parametrize(("edit", "alarms"), EDITS.values(), ids=EDITS.keys())
def test_what_an_intruder_does(tmp_path: Path, pki: Pki, edit: str, alarms: set[str]) -> None:
    """A look at everything finds what was done to checkpoints, and to what they cover."""
    with signing(tmp_path / "run", pki) as made:
        made.tick()
        made.take([*failures(46), entry(46)])
        made.tick(6)
        with watching(made, pki) as one:
            one.look(made.clock.now())
            assert said(one) == []
        path = copied(made.folder / "saqshy.db", tmp_path)
        with rows(path) as db:
            assert db.execute(edit).rowcount > 0
        made.folder = path.parent
        (tmp_path / "saqshy.yml").write_bytes((tmp_path / "run" / "saqshy.yml").read_bytes())
        copied(tmp_path / "run" / "auditor.db", tmp_path / "memory")
        with watching(made, pki, "memory/saqshy.db") as one:
            one.look(made.clock.now(), everything=True)
            assert {what for _, what in said(one)} >= alarms


@contextmanager
def beating(folder: Path, made: Centre) -> Iterator[AuditorProcess]:
    """Give the whole process over a run, which beats into a folder."""
    text = (made.folder / "saqshy.yml").read_text(encoding="utf-8")
    (folder / "auditor.yml").write_text(
        f"{text}\nauditor: {{state: a.db, pages: pages, heartbeats: beats}}\n", encoding="utf-8"
    )
    settings = read_settings(folder / "auditor.yml")
    process = make_process(settings, made.folder / "saqshy.db", made.clock)
    try:
        yield process
    finally:
        process.close()


def test_the_newest_checkpoint_goes_with_the_heartbeat(tmp_path: Path, pki: Pki) -> None:
    """A sign of life bears the token of the newest checkpoint, byte for byte; before it, none."""
    with signing(tmp_path, pki) as made, beating(tmp_path, made) as process:
        process.once()
        made.tick()
        made.clock.advance_to(made.clock.now() + 2 * MINUTE)
        process.once()
        beats = [orjson.loads(one.read_bytes()) for one in sorted((tmp_path / "beats").iterdir())]
        last = made.system.stores.checkpoints.last()
        assert last is not None
        assert [one["checkpoint"] for one in beats] == [None, last.token]


def test_an_auditor_needs_no_private_key(pki: Pki) -> None:
    """A public key alone does for the auditor; our own key gives its public half."""
    by_public = verifying(AuditSettings(verifying_keys=(pki.audit_verifying,)))
    by_own = verifying(AuditSettings(signing_key=pki.audit_signing))
    assert [one.public_bytes_raw() for one in by_public] == [
        one.public_bytes_raw() for one in by_own
    ]
    assert all(isinstance(one, Ed25519PublicKey) for one in by_own)
    with pytest.raises(ConfigurationError, match=r"none\.pem"):
        verifying(AuditSettings(verifying_keys=(pki.folder / "none.pem",)))
