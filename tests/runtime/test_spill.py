"""Tests of spilled records: stopped late, decided on, removed everywhere, and proved to be gone."""

import base64
import gc
import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from pipeline.errors import ConfigurationError
from pipeline.model import Command, instant
from pipeline.ports import Delivery
from pipeline.runtime.commands import Inbox
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.spill_decisions import CONFIRM, RELEASE
from pipeline.runtime.spill_purge import Purge, placed, remains
from pipeline.runtime.spill_search import Search, Searched
from tests.integration.traces import everything, forms, found
from tests.runtime.centre import AT, Centre, centre, entry, failures, prepare

WORD = "qzword00042zq"
ADDRESS = "198.51.100.77"
GUARDED = b'{"host":"registry-app01","doc":{"mark":"%s"},"t":"%s"}'
BANK = "<86>1 2026-03-02T20:41:00.000+05:00 bank-gw01 sshd 9 - "


def late(word: str = WORD) -> bytes:
    """Give a record with a mark in a field that nobody declared."""
    return f'{BANK}[doc secrecy="секретно"] Failed password for {word}'.encode()


def held(mark: str, word: str = WORD) -> bytes:
    """Give a record of the source that declares its mark field."""
    return GUARDED % (mark.encode(), word.encode())


def traces(folder: Path, *words: str, records: tuple[bytes, ...] = ()) -> dict[str, set[str]]:
    """Give where words stand below a folder, by an oracle of the tests' own."""
    return found(everything(folder), {word: forms(word, records) for word in words})


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Centre]:
    """Make a system at rest."""
    with centre(tmp_path) as one:
        yield one


def kinds(one: Centre) -> list[str]:
    """Give the kinds of the administration's audit entries about spills."""
    chain = one.system.stores.audit.read("administration")
    return [each.kind for each in chain if each.kind.startswith(("spill", "command"))]


def journalled(one: Centre) -> list[tuple[tuple[bytes, ...], list[tuple[int, str]]]]:
    """Give the records and notes of what was journalled."""
    rows = one.system.stores.journal.read(0, 1_000)
    return [
        (batch.records, [(note.index, note.kind) for note in batch.notes])
        for _, batch in rows
        if batch.kind == "raw"
    ]


def test_a_mark_that_is_found_late_leaves_its_place_alone(made: Centre) -> None:
    """The record is emptied in the journal, told as a stub, paged, recorded, and nowhere kept."""
    open_record = failures(41, 1)[0]
    made.take([open_record, late(), entry(41)])
    assert journalled(made) == [((open_record, b"", entry(41)), [(1, "suspected")])]
    assert traces(made.folder, WORD, records=(late(),)) == {}
    assert len(made.outcomes[-1].observed.events) == 2
    assert kinds(made) == ["spill_recorded"]
    told = {one.recipient.role: one for one in made.notices() if one.guard.decision == "stub"}
    assert {"duty_officer", "ncc", "holder"} <= told.keys()
    stub = {"incident_id", "object", "class", "time", "severity", "details_available"}
    assert all(one.payload.keys() == stub for one in told.values())


def test_what_was_stopped_gives_the_same_again(tmp_path: Path) -> None:
    """A rebuild from the emptied journal gives the ids that the first run gave."""
    with centre(tmp_path / "first") as one:
        one.take([*failures(41, 3), late(), entry(41)])
        batches = [batch for _, batch in one.system.stores.journal.read(0, 10)]
        first = [(each.id, each.revision, each.event_ids) for each in one.findings()]
        incidents = [each.id for each in one.system.stores.incidents.latest()]
    with centre(tmp_path / "second") as other:
        other.system.stores.journal.append("wire", batches)
        other.drain()
        assert [(each.id, each.revision, each.event_ids) for each in other.findings()] == first
        assert [each.id for each in other.system.stores.incidents.latest()] == incidents


def decide(one: Centre, name: str, record: str, **detail: object) -> None:
    """Have a cleared person decide, as the inbox of a running system does."""
    inbox = one.system.runtime.inbox
    command = Command(
        name, "regime_officer", "a.serik", "looked at the source", one.clock.now(),
        {"record": record, **detail},
    )  # fmt: skip
    inbox._decide(command)


def take_guarded(one: Centre, record: bytes) -> None:
    """Send one record to the source that declares its mark field."""
    one.system.collector.take(Delivery("wire", "192.0.2.1", (record,), format="json"))
    one.drain()


def held_id(one: Centre, place: int = 0) -> str:
    """Give the id of the record of a batch that was journalled."""
    rows = [batch for _, batch in one.system.stores.journal.read(0, 100) if batch.kind == "raw"]
    return f"{rows[place].id}-0"


def test_a_release_lets_so_many_suspected_records_pass(made: Centre) -> None:
    """A released source's next suspected record is kept; the one after it, and a mark, are not."""
    take_guarded(made, held("құпия"))
    decide(made, RELEASE, held_id(made), records=2, minutes=5)
    take_guarded(made, held("құпия", "qzfirst"))
    take_guarded(made, held("өте құпия", "qzmarked"))
    take_guarded(made, held("құпия", "qzsecond"))
    take_guarded(made, held("құпия", "qzthird"))
    notes = [note for _, note in journalled(made)]
    assert notes == [
        [(0, "suspected")], [(0, "released")], [(0, "withheld")], [(0, "released")],
        [(0, "suspected")],
    ]  # fmt: skip
    stored = b"".join(made.system.stores.events.search("kz-registry-marked", 0, 2**62, 9))
    assert b"qzfirst" in stored
    assert b"qzsecond" in stored
    assert traces(made.folder, "qzmarked", "qzthird", WORD) == {}
    assert kinds(made).count("spill_released") == 1


def test_a_release_ends_by_itself(made: Centre) -> None:
    """After its minutes nothing passes any more."""
    take_guarded(made, held("құпия"))
    decide(made, RELEASE, held_id(made), records=9, minutes=1)
    made.tick(minutes=1)
    take_guarded(made, held("құпия", "qzlate"))
    assert traces(made.folder, "qzlate") == {}


@pytest.mark.parametrize(
    ("name", "mark", "detail", "why"),
    [
        pytest.param(RELEASE, "өте құпия", {}, "its mark was valid", id="valid-mark"),
        pytest.param(RELEASE, "құпия", {"records": 0}, "records must be", id="none"),
        pytest.param(RELEASE, "құпия", {"minutes": 99_999}, "minutes must be", id="too-long"),
        pytest.param(CONFIRM, "ашық", {}, "nothing of this record was held", id="kept"),
    ],
)
def test_a_decision_that_cannot_be_is_refused(
    made: Centre, name: str, mark: str, detail: dict[str, object], why: str
) -> None:
    """Only what was held back is decided on, and a valid mark is never released."""
    take_guarded(made, held(mark))
    decide(made, name, held_id(made), **detail)
    (entry_of,) = made.audit("command_refused")
    assert why in str(entry_of.detail["problems"])


def test_a_confirmed_spill_is_audited(made: Centre) -> None:
    """A cleared person's word that it was a spill stands in the administration's chain."""
    take_guarded(made, held("құпия"))
    decide(made, CONFIRM, held_id(made))
    (said,) = made.audit("spill_confirmed")
    assert (said.subject, said.actor) == (held_id(made), "regime_officer/a.serik")


def test_decisions_come_through_the_spool_folder(made: Centre) -> None:
    """Only the named roles may decide, and who may not is refused."""
    take_guarded(made, held("құпия"))
    assert isinstance(made.system.runtime.inbox, Inbox)
    made.system.runtime.inbox._decide(
        Command(CONFIRM, "analyst", "b", "I think that it was", AT, {"record": held_id(made)})
    )
    assert "may not do this" in str(made.audit("command_refused")[0].detail)


def spilled(folder: Path) -> str:
    """Run a system in which an open record with a word fired a rule; give the record's id."""
    with centre(folder) as one:
        one.take(failures(41, 12, ADDRESS))
        one.take([entry(41, ADDRESS).replace(b"s.tulegen", WORD.encode()), *failures(42, 2)])
        one.take(failures(43, 3))
        one.tick(minutes=1)
        rows = [batch for _, batch in one.system.stores.journal.read(0, 9)]
        batch = next(each for each in rows if any(WORD.encode() in one for one in each.records))
        name = f"{batch.id}-0"
        assert any(name in each.event_ids and each.group for each in one.findings())
        return name


def test_a_purge_leaves_no_trace_and_every_id(tmp_path: Path) -> None:
    """After it neither the search nor the tests' own finds the record; all else is as it was."""
    name = spilled(tmp_path)
    settings = read_settings(tmp_path / "saqshy.yml")
    record = entry(41, ADDRESS).replace(b"s.tulegen", WORD.encode())
    assert traces(tmp_path, WORD, records=(record,)).keys() == {WORD}
    with centre(tmp_path) as one:
        stores = one.system.stores
        incidents = [each.id for each in stores.incidents.latest()]
        counted = stores.events.count()
        done = Purge(stores, settings, settings.store.path)(
            name, "regime_officer/a.serik", "act 12", instant("2026-03-03T00:00:00Z")
        )
        assert done.proven, done.document()
        assert done.removed.rows.keys() >= {"journal", "events", "findings", "state"}
        assert list(remains(stores.carriers, name)) == []
        assert stores.events.count() == counted - 1
        assert [each.id for each in stores.incidents.latest()] == incidents
        batch, index = placed(stores.carriers, name)
        assert (batch.records[index], [note.kind for note in batch.notes]) == (b"", ["withheld"])
        (said,) = one.audit("spill_purged")
        assert said.detail["proven"] is True
        assert WORD not in str(said.detail)
        assert any("backups" in copy for copy in done.unreached)
        one.take(failures(50, 12))  # and the system goes on
    gc.collect()
    assert traces(tmp_path, WORD, records=(record,)) == {}


def test_a_copy_that_a_person_made_is_named(tmp_path: Path) -> None:
    """What the search still finds in a file of the system is named: the purge is not proven."""
    name = spilled(tmp_path)
    copy = tmp_path / "outgoing" / "copy.txt"
    copy.parent.mkdir(exist_ok=True)
    copy.write_text(f"somebody wrote {WORD} down", encoding="utf-16")
    settings = read_settings(tmp_path / "saqshy.yml")
    with centre(tmp_path) as one:
        done = Purge(one.system.stores, settings, settings.store.path)(
            name, "duty_lead/a", "act 12", AT
        )
    assert not done.proven
    assert done.document()["left"] == [f"file: {copy}"]


def test_an_unknown_record_is_told_before_anything_is_changed(tmp_path: Path) -> None:
    """An id of no record ends the purge with the way out."""
    settings = read_settings(prepare(tmp_path))
    with centre(tmp_path) as one:
        purge = Purge(one.system.stores, settings, settings.store.path)
        for name in ("nothing-3", "x", ""):
            with pytest.raises(ConfigurationError, match="no record of that id"):
                purge(name, "duty_lead/a", "act 12", AT)


@pytest.mark.parametrize(
    "written",
    [
        *(pytest.param(WORD.encode(one), id=one) for one in ("utf-8", "utf-16le", "utf-16be")),
        pytest.param(WORD.encode().hex().encode(), id="hexadecimal"),
        pytest.param(WORD.encode().hex().upper().encode(), id="hexadecimal-capitals"),
        *(
            pytest.param(base64.b64encode(b"x" * n + WORD.encode() + b"y" * m), id=f"base64-{n}{m}")
            for n in range(3)
            for m in range(3)
        ),
        pytest.param(hashlib.sha256(WORD.encode()).hexdigest().encode(), id="sha-256"),
        pytest.param(hashlib.sha256(WORD.encode()).digest(), id="sha-256-bytes"),
    ],
)
def test_the_search_finds_every_form(written: bytes) -> None:
    """A piece is found in each form, wherever it stands."""
    assert Search([WORD]).found(b"\x00 before " + written + b" after")
    assert not Search(["another0word"]).found(written)


def test_the_search_finds_letters_as_json_escapes_them() -> None:
    """Kazakh letters are found escaped, and a part of a word is not the word."""
    assert Search(["қupia"]).found(b"\\u049bupia")
    assert not Search(["қupia"]).found(b"upia only")


def test_the_search_reads_what_is_compressed(tmp_path: Path) -> None:
    """Files are searched behind every zstd and gzip head that stands in them."""
    text = (f"something {WORD} else " * 20).encode()
    (tmp_path / "a.gz").write_bytes(b"head" + gzip.compress(text))
    (tmp_path / "b").write_bytes(b"\x00" * 99 + zstandard.compress(text) + b"\x00" * 99)
    (tmp_path / "c").write_bytes(text[:5])
    told = Searched()
    Search([WORD]).files([tmp_path], told)
    assert sorted(Path(hit.of).name for hit in told.hits) == ["a.gz", "b"]
    assert told.files == 3
