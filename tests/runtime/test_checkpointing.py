"""Checkpoints of a running system: when they are made, by which key, and what proves them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.stores.memory import open_memory
from pipeline.errors import ConfigurationError
from pipeline.incidents.audit import Draft
from pipeline.incidents.checkpoints import Statement, read_token
from pipeline.incidents.trail import verify_trail
from pipeline.model import ENDING, BatchKind, RawBatch, Revisions, identity
from pipeline.ports import Stores
from pipeline.runtime.chainer import audited
from pipeline.runtime.checkpoint_keys import signing, trusted
from pipeline.runtime.checkpointing import MINUTE, Checkpointing, checkpointing
from pipeline.runtime.pki import Pki, development_pki
from pipeline.settings import AuditSettings, Settings
from tests.runtime.centre import AT, centre

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Give keys for this machine."""
    return development_pki(tmp_path_factory.mktemp("keys") / "pki", NOW)


@contextmanager
def making(settings: AuditSettings) -> Iterator[tuple[Stores, Checkpointing]]:
    """Give empty stores and what makes their checkpoints."""
    stores = open_memory()
    made = checkpointing(Settings(centre="OCIB", audit=settings), stores, signing(settings))
    assert made is not None
    yield stores, made
    stores.database.close()


def tick(at: int, source: str = "clock") -> RawBatch:
    """Make a journalled tick."""
    return RawBatch(
        id=identity("tick", at), object_id="", source_id=source, sequence=1, previous=0,
        received_at=at, reference_at=at, format="tick", records=(),
        revisions=Revisions("", "", ""), kind=BatchKind.CLOCK,
    )  # fmt: skip


def record(stores: Stores, number: int, chain: str = "power-7") -> None:
    """Let something be recorded."""
    draft = Draft(chain, f"{chain}-{number}", "incident", "one", AT + number, "saqshy", {})
    audited(stores.audit, [draft])


def statements(stores: Stores) -> list[Statement]:
    """Read what the checkpoints state."""
    return [read_token(one.token).statement for one in stores.checkpoints.read()]


def test_a_checkpoint_every_so_many_minutes() -> None:
    """The first tick makes one, and each that comes so many minutes after the last."""
    with making(AuditSettings(checkpoint_minutes=5)) as (stores, made):
        for seconds in range(0, 20 * 60, 30):
            made.follow(tick(AT + seconds * 10**9))
        assert [(one.at - AT) // MINUTE for one in statements(stores)] == [0, 5, 10, 15]


@pytest.mark.parametrize("jump", [-1, 1], ids=["a day back", "a day on"])
def test_a_jump_of_the_clock_puts_none_off(jump: int) -> None:
    """After a jump the next tick makes one, and from there it goes on as ever."""
    with making(AuditSettings()) as (stores, made):
        made.follow(tick(AT))
        there = AT + jump * 1440 * MINUTE
        for minute in range(7):
            made.follow(tick(there + minute * MINUTE))
        assert [one.at for one in statements(stores)] == [AT, there, there + 5 * MINUTE]


def test_only_ticks_make_one() -> None:
    """A batch of records, and the end of a replay, make none."""
    with making(AuditSettings()) as (stores, made):
        made.follow(tick(AT, ENDING))
        made.follow(replace(tick(AT), kind=BatchKind.RAW))
        assert statements(stores) == []


def test_a_key_signs_and_proves(pki: Pki) -> None:
    """What a key signed verifies by its public half, and by no other key."""
    settings = AuditSettings(signing_key=pki.audit_signing)
    with making(settings) as (stores, made):
        record(stores, 1)
        made.make(AT)
        record(stores, 2)
        made.make(AT + 1)
        checkpoints, entries = list(stores.checkpoints.read()), list(stores.audit.read())
    by_public = trusted(AuditSettings(), [pki.audit_verifying])
    for keys in (trusted(settings), by_public):
        found = verify_trail(checkpoints, entries, keys)
        assert (found.breaks, found.signed) == ((), 2)
    other = trusted(AuditSettings(verifying_keys=(pki.centre_verifying,)))
    assert [one.checkpoint for one in verify_trail(checkpoints, entries, other).breaks] == [1, 2]
    assert read_token(checkpoints[0].token).header["alg"] == "Ed25519"


def test_without_a_key() -> None:
    """Without a key checkpoints are made all the same, and nobody's signature is asked for."""
    with making(AuditSettings()) as (stores, made):
        record(stores, 1)
        made.make(AT)
        keys = trusted(AuditSettings())
        found = verify_trail(stores.checkpoints.read(), stores.audit.read(), keys)
        assert (found.breaks, found.checkpoints, found.signed, found.keys) == ((), 1, 0, False)


def test_none_at_all() -> None:
    """Zero minutes: no checkpoints."""
    with making(AuditSettings()) as (stores, _):
        settings = Settings(audit=AuditSettings(checkpoint_minutes=0))
        assert checkpointing(settings, stores, signing(settings.audit)) is None


def broken_off(stores: Stores, made: Checkpointing) -> None:
    """Make a checkpoint, and fail before the transaction's end."""
    with stores.database.transaction():
        made.make(AT)
        raise ZeroDivisionError


def test_what_fails_leaves_neither_checkpoint_nor_entry() -> None:
    """A checkpoint and the entry that tells of it are of one transaction."""
    with making(AuditSettings()) as (stores, made):
        with pytest.raises(ZeroDivisionError):
            broken_off(stores, made)
        assert (list(stores.checkpoints.read()), list(stores.audit.read())) == ([], [])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("nothing.pem", "cannot be read: No such file", id="missing"),
        pytest.param("receiver.key.pem", "Ed25519", id="another kind"),
        pytest.param("audit-signing.pub.pem", "is public", id="public"),
    ],
)
def test_keys_that_cannot_sign(pki: Pki, name: str, words: str) -> None:
    """A key that cannot sign is told with its file and the setting, before anything runs."""
    with pytest.raises(ConfigurationError) as caught:
        signing(AuditSettings(signing_key=pki.folder / name))
    (problem,) = caught.value.problems
    assert problem.file == str(pki.folder / name)
    assert words in problem.message
    assert "audit.signing_key" in str(problem)


def test_every_key_that_does_not_read_is_told(pki: Pki) -> None:
    """All files that are no keys are told at once."""
    settings = AuditSettings(verifying_keys=(pki.folder / "none.pem",))
    with pytest.raises(ConfigurationError) as caught:
        trusted(settings, [pki.folder / "ca.pem"])
    assert [Path(one.file).name for one in caught.value.problems] == ["none.pem", "ca.pem"]


def test_a_running_system_makes_them(tmp_path: Path) -> None:
    """Ticks of a whole system make checkpoints, its end makes the last, and all of it holds."""
    with centre(tmp_path) as made:
        made.tick()
        for _ in range(3):
            made.tick(3)
        stores = made.system.stores
        assert [one.at - AT for one in statements(stores)] == [0, 6 * MINUTE]
        made.system.engine.end()
        found = verify_trail(stores.checkpoints.read(), stores.audit.read())
        assert (found.breaks, found.checkpoints) == ((), 3)
        assert found.entries - found.covered == 1
