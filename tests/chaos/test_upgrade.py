"""A rolling upgrade with real processes: old and new side by side, and the answers of one machine.

One test takes the program as it was from the repository's history. The other gives the next
program's processes versions of messages and of state which the present ones do not know.
"""

import os
import random
import subprocess
import sys
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from connectors.stores.kafka import frames
from connectors.stores.kafka.reading import Reading
from connectors.stores.kafka.state_topics import FOLD, changelog
from connectors.stores.partition_rows import VERSIONED
from pipeline.errors import StoreError
from tests.chaos.account import account, come_to_rest
from tests.chaos.next_version import MESSAGES, STATE
from tests.chaos.processes import Process
from tests.chaos.stream import Stream
from tests.chaos.town import Plan, Town, town
from tests.connectors.kafka_broker import Broker

pytestmark = pytest.mark.proof
ROOT = Path(__file__).parents[2]
PATIENCE = 240.0  # seconds
GENTLE = 60.0  # seconds in which a process ends by itself
OLD = os.environ.get("SAQSHY_OLD", "87aa031")  # the program before, as a commit
LATER = Path(__file__).with_name("next_version.py")


@pytest.fixture
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the program of before; skips where the history does not reach so far."""
    folder = tmp_path_factory.mktemp("before")
    archive = folder / "tree.tar"
    command = ["git", "-C", str(ROOT), "archive", f"--output={archive}", OLD]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no program of before: {done.stderr.strip()}")
    with tarfile.open(archive) as tree:
        tree.extractall(folder, filter="data")
    archive.unlink()
    asked = [*program(folder), sys.executable, "-c", "import pipeline; print(pipeline.__file__)"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True, cwd=folder.parent)
    assert Path(done.stdout.strip()).is_relative_to(folder)
    return folder


def program(folder: Path) -> list[str]:
    """Give the words before a command that have it run the program of a folder."""
    return ["env", f"PYTHONPATH={folder}"]


def test_an_earlier_program_is_replaced_process_by_process(
    kafka: Broker, tmp_path: Path, before: Path, record_property: Callable[[str, object], None]
) -> None:
    """Under a stream each process of before gives way to one of today: nothing differs."""
    with town(tmp_path, Plan(near=(kafka.plain,))) as city:
        ours = list(city.processes.values())
        today = {one.name: one.command for one in ours}
        for one in ours:
            replaced(one, [*program(before), *one.command])
        stream = Stream(city.files, random.Random(1), every=0.25)
        with stream.flowing():
            goes_on(city)
            for one in ours:
                assert runs_from(one, before)
                replaced(one, today[one.name])
                goes_on(city)
                assert not runs_from(one, before)
        come_to_rest(city, stream.written)
        figures = account(city, stream.written)
    for name, value in {"the program of before": OLD, **figures}.items():
        record_property(name, value)
    assert figures["findings"]


@pytest.mark.parametrize("form", ["messages", "state"])
def test_what_a_later_program_wrote_waits_for_the_upgrade(
    kafka: Broker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
    form: str,
) -> None:
    """Processes of today neither guess nor end over a later form; upgraded, they go on with it."""
    newer = f"is of version {MESSAGES}, known is {MESSAGES - 1}"
    if form == "messages":
        monkeypatch.setattr(frames, "VERSION", MESSAGES)  # this test reads what they wrote
    with town(tmp_path, Plan(near=(kafka.plain,))) as city:
        first, second = city.processes["worker 1"], city.processes["worker 2"]
        notifier = city.processes["notifier"]
        stream = Stream(city.files, random.Random(1), every=0.25)
        with stream.flowing():
            goes_on(city)
            replaced(first, later(first, form))
            if form == "messages":
                waits_for(city, second, f"{newer}: it waits for this worker's upgrade")
                waits_for(city, notifier, f"{newer}: it waits for this notifier's upgrade")
            else:
                city.wait(lambda: bears(city, STATE), PATIENCE, "state of the later form")
                first.end()  # the old one has then what it wrote
                waits_for(city, second, f"this state is of version {STATE}, known is {STATE - 1}")
            assert second.pid
            assert not second.ended
            for one in (first, second, notifier, city.processes["collector"]):
                replaced(one, later(one, form))
            goes_on(city)
        come_to_rest(city, stream.written)
        figures = account(city, stream.written)
    for name, value in figures.items():
        record_property(name, value)
    assert figures["findings"]


def replaced(one: Process, command: Sequence[str]) -> None:
    """End a process as an operator does, and start another in its place."""
    one.end(GENTLE)
    one.ended.clear()
    one.command = command
    one.start()


def later(one: Process, form: str) -> list[str]:
    """Give the command of the next program's process, which has another form of one thing."""
    return [sys.executable, "-W", "ignore", str(LATER), form, *one.command[-3:]]


def waits_for(city: Town, one: Process, word: str) -> None:
    """Wait until a process says that it waits for that."""
    city.wait(lambda: word in log_of(one), PATIENCE, f"{one.name} says {word}")


def goes_on(city: Town, more: int = 20) -> None:
    """Wait until folds have told more."""
    done = city.outcomes()
    city.wait(lambda: city.outcomes() > done + more, PATIENCE, "outcomes")


def bears(city: Town, version: int) -> bool:
    """Tell whether the state of any partition of folds is said to be of a version."""
    topic = changelog(city.cluster(), FOLD)
    try:
        with Reading(city.cluster()) as reading:
            begins, ends = zip(*reading.bounds(topic), strict=True)
            return any(
                read.key == VERSIONED[0] and read.value == b"%d" % version
                for read in reading.messages(topic, begins, ends)
            )
    except StoreError:
        return False


def log_of(one: Process) -> str:
    """Give all that a process said."""
    return one.log.read_text(encoding="utf-8", errors="replace")


def runs_from(one: Process, folder: Path) -> bool:
    """Tell whether a process runs the program of that folder."""
    environment = Path(f"/proc/{one.pid}/environ").read_bytes().split(b"\0")
    return program(folder)[-1].encode() in environment
