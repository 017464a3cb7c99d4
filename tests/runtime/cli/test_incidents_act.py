"""`saqshy incidents ack|…|case` over a store, and against a system that runs beside it."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from pipeline.model import instant
from pipeline.runtime.bootstrap import assemble
from pipeline.runtime.cli.app import app
from pipeline.runtime.cli.incidents_evidence import evidence_folder
from pipeline.runtime.clocks import SystemClock
from pipeline.runtime.configuration import read_settings
from tests.runtime.acts import act, broken_into, candidate, latest, quick
from tests.runtime.centre import prepare

BY = ["--as", "duty_lead/a.serik", "--reason", "looked at the gateway with its owner"]


def saqshy(folder: Path, *words: str) -> Result:
    """Run a command over a centre's settings."""
    given = [*words, "--config", str(folder / "saqshy.yml")]
    return CliRunner().invoke(app, given, env={"COLUMNS": "220"})


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Run a system over a store with an incident beside the commands; give folder and id."""
    folder = tmp_path_factory.mktemp("beside")
    with quick(folder) as made:
        incident = broken_into(made)
        content = made.system.settings.content.paths
    prepare(
        folder,
        tick_seconds=0.2,
        content={"paths": [str(one) for one in content], "taxonomy": "taxonomies/sigma"},
    )
    with assemble(read_settings(folder / "saqshy.yml"), SystemClock()).running():
        yield folder, incident.id


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Leave a store in which an incident was worked on and closed as false."""
    folder = tmp_path_factory.mktemp("closed")
    with quick(folder) as made:
        incident = broken_into(made)
        act(made, "acknowledge", incident)
        act(made, "note", incident, text="The gateway's owner was called.")
        task = act(made, "task", incident, text="Change the passwords", who="a.omarov")
        act(made, "task", incident, done=task.id[:8])
        act(made, "handover", incident)
        act(made, "close", incident, verdict="false")
        while made.system.dispatcher.run_due():
            pass
    return folder


def test_a_step_is_taken_beside_a_running_system(beside: tuple[Path, str]) -> None:
    """The command waits for the revision that it made, and gives it."""
    folder, name = beside
    done = saqshy(folder, "incidents", "ack", name, *BY, "--json")
    assert done.exit_code == 0, done.stderr
    revision = orjson.loads(done.stdout)
    assert (revision["state"], revision["actor"]) == ("acknowledged", "duty_lead/a.serik")
    again = saqshy(folder, "incidents", "ack", name, *BY)
    assert (again.exit_code, "acknowledged cannot be" in again.stderr) == (1, True)


def test_role_and_author_may_stand_apart(beside: tuple[Path, str]) -> None:
    """--as with a role alone and --author say the same as ROLE/author."""
    folder, name = beside
    who = ["--as", "analyst", "--author", "d.ospan", *BY[2:]]
    done = saqshy(folder, "incidents", "note", name, "--text", "Seen.", *who, "--json")
    assert done.exit_code == 0, done.stderr
    assert orjson.loads(done.stdout)["actor"] == "analyst/d.ospan"


def test_evidence_is_kept_by_its_hash(beside: tuple[Path, str], tmp_path: Path) -> None:
    """A text that is to be kept lies beside the store under its SHA-256."""
    folder, name = beside
    file = tmp_path / "auth.log"
    file.write_text("sshd: Accepted password for s.tulegen\n", "utf-8")
    words = ["incidents", "evidence", name, str(file), "--description", "log of the gateway"]
    done = saqshy(folder, *words, "--keep", *BY, "--json")
    assert done.exit_code == 0, done.stderr
    entry = orjson.loads(done.stdout)["entry"]
    digest = str(entry["sha256"])
    kept = evidence_folder(folder / "saqshy.db") / digest[:2] / digest
    assert entry["kept"] is True
    assert kept.read_bytes() == file.read_bytes()


def test_evidence_that_bears_a_mark_is_refused(beside: tuple[Path, str], tmp_path: Path) -> None:
    """Nothing of a marked file is recorded or kept."""
    folder, name = beside
    file = tmp_path / "order.txt"
    file.write_text("СОВЕРШЕННО СЕКРЕТНО\nПриказ\n", "utf-8")
    words = ["incidents", "evidence", name, str(file), "--description", "an order"]
    done = saqshy(folder, *words, "--keep", *BY)
    assert (done.exit_code, "secrecy mark" in done.stderr) == (2, True)
    noted = saqshy(folder, "incidents", "note", name, "--text", "Гриф: секретно", *BY)
    assert noted.exit_code == 2, noted.stderr


def test_what_is_opened_by_hand_is_a_report_and_a_decision(beside: tuple[Path, str]) -> None:
    """The candidate that a report opens is decided by the same person, and announced."""
    folder, _ = beside
    words = [
        "incidents", "open", "--object", "kz-dc", "--act", "leak", "--harm", "distribute",
        "--failure", "yes", "--what", "A list of customers is for sale on a forum",
    ]  # fmt: skip
    done = saqshy(folder, *words, *BY, "--json")
    assert done.exit_code == 0, done.stderr
    opened = orjson.loads(done.stdout)
    assert (opened["object_id"], opened["state"]) == ("kz-dc", "new")
    assert opened["assessment"]["is_incident"] == "yes"
    assert opened["machine"]["is_incident"] == "unknown"


WRONG = [
    (["ack", "ffff"], "0 incidents begin with", 1),
    (["ack", "", "--as", "owner/a"], "may not do this", 2),
    (["close", "", "--verdict", "maybe"], "verdict", 2),
    (["correct", "", "--say", "nonsense"], "no ELEMENT=VALUE", 2),
    (["correct", ""], "says", 2),
    (["task", "", "--text", "x", "--due", "tomorrow"], "--due", 2),
    (["timeline", "", "--language", "fr"], "no language", 2),
    (["evidence", "", "nowhere.txt", "--description", "x"], "nowhere.txt", 3),
]


@pytest.mark.parametrize(("words", "told", "code"), WRONG, ids=[row[1] for row in WRONG])
def test_what_cannot_be_is_told_at_once(
    closed: Path, words: list[str], told: str, code: int
) -> None:
    """A step that is wrong by itself leaves no command behind."""
    who = BY[2:] if "--as" in words else BY
    given = words if words[0] == "timeline" else [*words, *who]
    result = saqshy(closed, "incidents", *given)
    assert (result.exit_code, told in result.stderr) == (code, True), result.stderr
    assert not list(closed.glob("saqshy.db.commands/*"))


def test_without_a_running_system_the_step_waits(tmp_path: Path) -> None:
    """What nobody takes stays in the spool for the next system, and the command says so."""
    with quick(tmp_path) as made:
        candidate(made)
    result = saqshy(tmp_path, "incidents", "assign", "", "--to", "a.omarov", *BY, "--wait", "0")
    assert (result.exit_code, "waits" in result.stderr) == (1, True)
    with quick(tmp_path) as made:
        made.system.runtime.inbox.take()
        made.drain()
        assert latest(made)[0].assigned_to == "a.omarov"


def test_the_timeline_is_one_ordered_list(closed: Path) -> None:
    """Events, findings, steps with who and why, notices and receipts stand in the order of time."""
    result = saqshy(closed, "incidents", "timeline", "", "--json")
    assert result.exit_code == 0, result.stderr
    *moments, end = [orjson.loads(line) for line in result.stdout.splitlines()]
    at = [instant(one["at"]) for one in moments]
    assert at == sorted(at)
    assert {one["kind"] for one in moments} == {
        "event", "finding", "revision", "step", "notice", "receipt",
    }  # fmt: skip
    steps = [one["what"] for one in moments if one["kind"] == "step"]
    assert steps == ["acknowledge", "note", "task", "task", "handover", "close"]
    assert {one["actor"] for one in moments if one["kind"] == "step"} == {"duty_lead/a.serik"}
    assert set(end["times"]) == {"acknowledge", "notify", "contain", "restore", "close"}
    assert end["times"]["acknowledge"] > 0


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["note: The gateway's owner", "a false positive", "the pack has no route"]),
        ("ru", ["заметка: The gateway's owner", "ложное срабатывание", "источник отсутствует"]),
        ("kk", ["жазба: The gateway's owner", "жалған іске қосылу", "дереккөзі жоқ"]),
    ],
    ids=["en", "ru", "kk"],
)
def test_the_timeline_is_told_in_three_languages(
    closed: Path, language: str, words: list[str]
) -> None:
    """Each line is a sentence of the language; what people wrote stands as they wrote it."""
    shown = saqshy(closed, "incidents", "timeline", "", "--language", language)
    assert shown.exit_code == 0, shown.stderr
    assert [one for one in words if one not in shown.stdout] == []


def test_a_false_verdict_is_a_test_that_its_rules_fail(closed: Path, tmp_path: Path) -> None:
    """The case's folder is run by `rules test`: the rules that must not fire still do."""
    out = tmp_path / "case"
    made = saqshy(closed, "incidents", "case", "", "--out", str(out), "--json")
    assert made.exit_code == 0, made.stderr
    told = orjson.loads(made.stdout)
    assert told["verdict"] == "false"
    assert {one["expected"] for one in told["rules"]} == {"does not fire"}
    tested = saqshy(closed, "rules", "test", str(out), "--json")
    assert tested.exit_code == 1, tested.stderr
    outcomes = [orjson.loads(line) for line in tested.stdout.splitlines()]
    assert outcomes
    assert not any(one["passed"] for one in outcomes)
    assert all(one["wanted"] == 0 and one["found"] > 0 for one in outcomes)


def test_a_true_verdict_is_a_test_that_its_rules_pass(tmp_path: Path) -> None:
    """What was an incident must be found again by the same rules."""
    with quick(tmp_path) as made:
        incident = broken_into(made)
        act(made, "close", incident, verdict="true")
    out = tmp_path / "case"
    assert saqshy(tmp_path, "incidents", "case", "", "--out", str(out)).exit_code == 0
    tested = saqshy(tmp_path, "rules", "test", str(out), "--json")
    outcomes = [orjson.loads(line) for line in tested.stdout.splitlines()]
    assert tested.exit_code == 0, tested.stderr + tested.stdout
    assert len(outcomes) >= 2


def test_an_open_incident_is_no_case(tmp_path: Path) -> None:
    """Without a verdict there is nothing to test by."""
    with quick(tmp_path) as made:
        candidate(made)
    result = saqshy(tmp_path, "incidents", "case", "", "--out", str(tmp_path / "case"))
    assert (result.exit_code, "is not closed" in result.stderr) == (3, True)
