import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
import yaml

from pipeline.errors import ConfigurationError
from pipeline.model import NANOSECONDS, instant
from pipeline.runtime.story import Step, Story, expand, load_story, narration

ROOT = Path(__file__).parents[2]
PATH = ROOT / "rules/scenario/story.yml"
SMALL = """
title: Small
date: 2026-03-02
offset_minutes: 300
seed: 1
begins: "20:00:00"
ends: "20:10:00"
listeners: {wire: udp, log: file}
senders:
  host1: {listener: wire, form: rfc3164, values: {user: ann}}
  host2: {listener: wire, form: rfc5424}
  host3: {listener: log, form: windows, values: {user: [a, b]}}
  host4: {listener: log, form: json}
messages:
  said: {app: sshd, facility: 10, severity: 6, text: "hello ${user} at ${host} port ${port}"}
  kept: {fields: {EventID: 4624, Deep: {User: "${user}", Port: "${port}"}, List: ["${host}"]}}
noise:
  - {sender: host3, message: kept, every: 30, values: {port: {from: 5, to: 6}}}
phases:
  - id: one
    at: "20:05:00"
    narration: {en: It begins., kk: Басталды.}
    acts:
      - {sender: host1, message: said, values: {port: 22}}
      - sender: host2
        message: said
        after: 1.5
        times: 3
        values: {user: {cycle: [x, y]}, port: 7}
      - {sender: host4, message: kept, after: 2, late: 60, values: {user: z, port: {hex: 4}}}
"""


def small(tmp_path: Path, text: str = SMALL) -> Story:
    path = tmp_path / "story.yml"
    path.write_text(text, encoding="utf-8")
    return load_story(path)


def digest(steps: list[Step]) -> str:
    total = hashlib.sha256()
    for step in steps:
        total.update(f"{step.at} {step.listener} {step.host} {step.phase}\n".encode())
        total.update(step.payload + b"\n")
    return total.hexdigest()


@pytest.fixture(scope="module")
def steps() -> list[Step]:
    return list(expand(load_story(PATH)))


def test_the_bundled_story_has_some_thousand_records_in_several_formats(steps: list[Step]) -> None:
    """The story is some thousand records over UDP, TCP and files, most of them background."""
    channels = Counter(step.channel for step in steps)
    assert 5_000 < len(steps) < 10_000
    assert set(channels) == {"udp", "tcp", "file"}
    assert min(channels.values()) > 500
    assert sum(not step.phase for step in steps) > 0.9 * len(steps)


def test_records_arrive_in_order_and_only_the_declared_are_late(steps: list[Step]) -> None:
    """Arrivals are in order of time, and a record is late where its act says so, by that much."""
    declared = {
        (phase.id, act.sender, round(act.late * NANOSECONDS))
        for phase in load_story(PATH).phases
        for act in phase.acts
        if act.late
    }
    late = {(step.phase, step.host, step.at - step.event_at) for step in steps} - {
        (step.phase, step.host, 0) for step in steps
    }
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert late == declared
    assert len(late) >= 3


def test_every_record_bears_the_time_that_the_step_says(steps: list[Step]) -> None:
    """The time inside each record is the step's own, to what its format can say."""
    for step in steps:
        assert abs(written_time(step) - step.event_at) < NANOSECONDS, step


def written_time(step: Step) -> int:
    if step.channel == "file":
        record = orjson.loads(step.payload)
        return instant(record.get("TimeCreated") or record["@timestamp"])
    text = step.payload.decode()
    if step.channel == "tcp":
        return instant(text.split(" ")[1])
    stamp = datetime.strptime(f"2026 {text[5:20]} +0500", "%Y %b %d %H:%M:%S %z")
    return int(stamp.timestamp()) * NANOSECONDS


def test_syslog_records_have_the_form_of_their_standard(steps: list[Step]) -> None:
    """UDP carries RFC 3164 and TCP carries RFC 5424, each record whole and on one line."""
    forms = {
        "udp": re.compile(r"<\d{1,3}>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w-]+ \w+: \S.*"),
        "tcp": re.compile(
            r"<\d{1,3}>1 2026-03-02T\d\d:\d\d:\d\d\.\d{3}\+05:00 [\w-]+ \w+ \d+ - - \S.*"
        ),
    }
    odd = [
        step.payload
        for step in steps
        if step.channel in forms and not forms[step.channel].fullmatch(step.payload.decode())
    ]
    assert odd == []
    assert [step for step in steps if b"\n" in step.payload or b"${" in step.payload] == []


def test_the_expansion_is_the_same_in_every_process(steps: list[Step]) -> None:
    """Two other processes with other hash seeds give the same bytes in the same order."""
    code = (
        "import sys; from pathlib import Path; from tests.runtime.test_story import *;"
        "print(digest(list(expand(load_story(PATH)))))"
    )
    found = {digest(steps)}
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(done.stdout.strip())
    assert len(found) == 1


def test_the_seed_changes_the_background(tmp_path: Path) -> None:
    """Another seed draws other values and other instants."""
    one, two = (small(tmp_path, SMALL.replace("seed: 1", f"seed: {n}")) for n in (1, 2))
    assert digest(list(expand(one))) != digest(list(expand(two)))


def test_placeholders_are_filled_and_keep_their_kind(tmp_path: Path) -> None:
    """Values are drawn, cycled and nested; a number that stands alone stays a number."""
    steps = list(expand(small(tmp_path)))
    told = [step.payload for step in steps if step.phase]
    assert told[0] == b"<86>Mar  2 20:05:00 host1 sshd: hello ann at host1 port 22"
    assert [line.split(b" - - ")[1] for line in told[1:4]] == [
        b"hello x at host2 port 7",
        b"hello y at host2 port 7",
        b"hello x at host2 port 7",
    ]
    last = orjson.loads(told[4])
    assert last["Deep"]["User"] == "z"
    assert last["List"] == ["host4"]
    assert re.fullmatch("[0-9a-f]{4}", last["Deep"]["Port"])
    assert {orjson.loads(s.payload)["Deep"]["Port"] for s in steps if not s.phase} == {5, 6}


def test_a_late_record_keeps_its_own_time(tmp_path: Path) -> None:
    """A late record arrives later by what is declared and bears the time at which it happened."""
    last = list(expand(small(tmp_path)))
    late = next(step for step in last if step.host == "host4")
    assert late.at - late.event_at == 60 * NANOSECONDS
    assert orjson.loads(late.payload)["@timestamp"] == "2026-03-02T15:05:02.000Z"


def test_times_of_day_are_local_to_the_story(tmp_path: Path) -> None:
    """A time of day is that of the story's zone."""
    story = small(tmp_path)
    begin = datetime(2026, 3, 2, 15, 5, tzinfo=UTC)
    assert story.instant("20:05:00") == int(begin.timestamp()) * NANOSECONDS


def test_narration_is_told_where_its_phase_begins(tmp_path: Path) -> None:
    """Each phase is told at its beginning; English stands in for a language that is absent."""
    (told,) = narration(small(tmp_path))
    assert (told.phase, told.at) == ("one", small(tmp_path).instant("20:05:00"))
    assert told.texts == {"en": "It begins.", "kk": "Басталды.", "ru": "It begins."}


def test_the_bundled_narration_speaks_three_languages() -> None:
    """Every phase of the bundled story is told in Kazakh, Russian and English."""
    phases = load_story(PATH).phases
    assert len(phases) > 5
    assert [phase.id for phase in phases if not (phase.narration.kk and phase.narration.ru)] == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sender: host3, m", "sender: nobody, m", "no sender 'nobody'"),
        ("message: kept, every", "message: x, every", "no message 'x'"),
        ("host1: {listener: wire", "host1: {listener: w", "no listener 'w'"),
        ("message: said, values: {port: 22}", "message: kept", "has no text"),
        ("values: {port: 22}", "values: {}", "${port}"),
        ('at: "20:05:00"', 'at: "20:15:00"', "outside the story"),
        ('at: "20:05:00"', "at: 20:05:00", "phases.0.at"),
        ("narration: {en", "naration: {en", "did you mean 'narration'?"),
        ("every: 30,", "every: 0,", "noise.0.every"),
        ("seed: 1", "seed: [", "is not YAML"),
    ],
    ids=[
        "sender", "message", "listener", "fields on syslog", "no value", "outside the night",
        "time without quotes", "misspelt key", "no time between", "no YAML",
    ],
)  # fmt: skip
def test_a_broken_story_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    """A mistake in the story is refused with file, line and reason."""
    assert old in SMALL
    with pytest.raises(ConfigurationError) as caught:
        small(tmp_path, SMALL.replace(old, new, 1))
    text = str(caught.value)
    assert re.search(r"story\.yml:\d+: ", text), text
    assert said in text


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Every wrong reference of a story is told in one go, each at its own line."""
    broken = SMALL.replace("sender: host3, m", "sender: nobody, m").replace("port: 22", "prt: 22")
    with pytest.raises(ConfigurationError) as caught:
        small(tmp_path, broken)
    lines = broken.splitlines()
    places = {problem.line for problem in caught.value.problems}
    assert places == {
        1 + next(i for i, line in enumerate(lines) if "nobody" in line),
        1 + next(i for i, line in enumerate(lines) if "prt" in line),
    }


def test_every_sender_of_the_story_is_of_a_registered_object() -> None:
    """Every host of the story stands in the example registry, which identifies its records."""
    registered = yaml.safe_load((ROOT / "rules/objects/objects.yml").read_text(encoding="utf-8"))
    hosts = {
        host
        for thing in registered["objects"]
        for source in thing["sources"]
        for host in source["match"]["hosts"]
    }
    assert set(load_story(PATH).senders) - hosts == set()
