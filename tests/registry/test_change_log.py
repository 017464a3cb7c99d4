"""Tests of the change log: linked, appended whole or not at all, never edited."""

import multiprocessing
from pathlib import Path

import orjson
import pytest

from pipeline.errors import ConfigurationError
from pipeline.registry import load_registry
from pipeline.registry.change_log import (
    LOG,
    Recorded,
    document_of_log,
    line_hash,
    log_head,
    record_change,
)
from tests.registry.making import AT


def change(number: int, object_id: str = "plant") -> Recorded:
    """Make a change of one object."""
    row = {"id": object_id, "territory": str(number), "valid_from": "2026-01-01T00:00:00Z"}
    return Recorded(AT + number, "administrator/a", f"order {number}", [row])


def test_a_change_is_a_linked_line_that_the_registry_reads(tmp_path: Path) -> None:
    """What was recorded is in force, bears its word, and each line names the one before."""
    assert log_head(tmp_path) == ""
    first = record_change(tmp_path, change(1), "")
    second = record_change(tmp_path, change(2), first["hash"])
    assert (second["number"], second["previous"]) == (2, first["hash"])
    assert log_head(tmp_path) == second["hash"] == line_hash(second)
    record = load_registry([tmp_path]).object("plant", AT)
    assert record is not None
    assert record.territory == "2"
    assert record.change is not None
    assert (record.change.author, record.change.reason) == ("administrator/a", "order 2")
    assert record.recorded_at == AT + 2


def test_another_change_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    """A change that was made on another head is refused and nothing is written."""
    first = record_change(tmp_path, change(1), "")
    with pytest.raises(ConfigurationError, match="another change"):
        record_change(tmp_path, change(2), "")
    assert log_head(tmp_path) == first["hash"]


def test_time_never_goes_back_in_the_log(tmp_path: Path) -> None:
    """A clock that went back gives a time after the last line's."""
    record_change(tmp_path, change(5))
    record_change(tmp_path, change(1))
    history = load_registry([tmp_path]).histories["plant"]
    assert [one.recorded_at for one in history.revisions] == [AT + 5, AT + 6]


@pytest.mark.parametrize("cut", [1, 40, 200])
def test_a_torn_line_was_never_acknowledged(tmp_path: Path, cut: int) -> None:
    """A line without its end is left out, and the next change takes its place."""
    first = record_change(tmp_path, change(1))
    whole = (tmp_path / LOG).read_bytes()
    record_change(tmp_path, change(2))
    both = (tmp_path / LOG).read_bytes()
    (tmp_path / LOG).write_bytes(both[: len(whole) + cut])
    assert log_head(tmp_path) == first["hash"]
    record_change(tmp_path, change(2))
    assert (tmp_path / LOG).read_bytes() == both


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        pytest.param(lambda lines: lines[1:], "does not follow", id="removed"),
        pytest.param(lambda lines: lines[::-1], "does not follow", id="moved"),
        pytest.param(
            lambda lines: [lines[0].replace(b"order 1", b"order 9"), lines[1]], "hash", id="edited"
        ),
        pytest.param(lambda lines: [b"{}\n", *lines], "no line of", id="other"),
        pytest.param(lambda lines: [b"[\n", *lines], "no line of", id="no-json"),
    ],
)
def test_a_log_that_was_touched_is_refused(tmp_path: Path, edit: object, message: str) -> None:
    """What was removed, moved or edited shows, with its line, and nothing is appended to it."""
    for number in (1, 2):
        record_change(tmp_path, change(number))
    lines = (tmp_path / LOG).read_bytes().splitlines(keepends=True)
    assert callable(edit)
    (tmp_path / LOG).write_bytes(b"".join(edit(lines)))
    with pytest.raises(ConfigurationError, match=message) as caught:
        load_registry([tmp_path])
    assert caught.value.problems[0].line >= 1
    with pytest.raises(ConfigurationError, match=message):
        record_change(tmp_path, change(3))
    with pytest.raises(ConfigurationError, match=message):
        log_head(tmp_path)


def _record(folder: str, number: int) -> None:
    record_change(Path(folder), change(number, f"plant-{number}"))


def test_two_processes_record_one_after_the_other(tmp_path: Path) -> None:
    """Changes of several processes are all kept and linked."""
    context = multiprocessing.get_context("spawn")
    running = [context.Process(target=_record, args=(str(tmp_path), n)) for n in range(3)]
    for process in running:
        process.start()
    for process in running:
        process.join()
    data = (tmp_path / LOG).read_bytes()
    assert len(document_of_log(LOG, data).data["objects"]) == 3
    assert [orjson.loads(line)["number"] for line in data.splitlines()] == [1, 2, 3]
