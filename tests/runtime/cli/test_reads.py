"""Who reads what by the command line, for the audit trail."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.model import Command, from_json
from pipeline.runtime.cli.app import app
from tests.audit.runs import YES, run

READER = ("--as", "inspector/b.omarov", "--basis", "order 7 of 1 March")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """Give a store with one incident and a notice: its path and both ids."""
    folder = tmp_path_factory.mktemp("reads")
    with run(folder) as one:
        one.find("kz-bank", "entry", YES)
        names = one.incident("kz-bank").id, one.notices("kz-bank")[0].id
    return folder / "saqshy.db", *names


def saqshy(store: Path, *words: str) -> Result:
    """Run a command over the store."""
    return CliRunner().invoke(app, [*words, "--store", str(store)], env={"COLUMNS": "220"})


def left(store: Path) -> list[Command]:
    """Take the commands that were left for the running system."""
    found = sorted(store.with_name(f"{store.name}.commands").glob("*.json"))
    commands = [from_json(Command, one.read_bytes()) for one in found]
    for one in found:
        one.unlink()
    return commands


SHOWN: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "show": (("incidents", "show", "I"), {"what": "incidents show", "incident": "I"}),
    "why": (("incidents", "show", "I", "--why"), {"what": "incidents show --why", "incident": "I"}),
    "timeline": (("incidents", "timeline", "I"), {"what": "incidents timeline", "incident": "I"}),
    "list": (("incidents", "list"), {"what": "incidents list", "of": "all"}),
    "export": (
        ("incidents", "export", "I", "--format", "csv"),
        {"what": "incidents export", "incident": "I", "of": "1 as csv"},
    ),
    "export of all": (
        ("incidents", "export", "--all", "--format", "csv"),
        {"what": "incidents export", "of": "1 as csv"},
    ),
    "a notice": (("notices", "show", "N"), {"what": "notices show", "notice": "N"}),
    "the trail": (
        ("audit", "export", "--chain", "kz-bank"),
        {"what": "audit export", "of": "kz-bank"},
    ),
}


@pytest.mark.parametrize(("words", "detail"), SHOWN.values(), ids=SHOWN.keys())
def test_a_read_leaves_its_record(
    store: tuple[Path, str, str], words: tuple[str, ...], detail: dict[str, str]
) -> None:
    """What is read by somebody who says so is left as a command, before it is shown."""
    path, *names = store
    ids = dict(zip("IN", names, strict=True))
    result = saqshy(path, *(ids.get(one, one) for one in words), *READER)
    assert result.exit_code == 0, result.output
    (given,) = left(path)
    assert (given.name, given.actor, given.reason) == (
        "read",
        "inspector/b.omarov",
        "order 7 of 1 March",
    )
    assert given.detail == {key: ids.get(value, value) for key, value in detail.items()}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(READER[:2], "--basis", id="no ground"),
        pytest.param(READER[2:], "--as", id="nobody"),
        pytest.param(("--as", "inspector", *READER[2:]), "no ROLE/author", id="no author"),
        pytest.param((*READER[:3], "x"), "the reason must say why", id="too short a ground"),
    ],
)
def test_half_a_record_shows_nothing(
    store: tuple[Path, str, str], words: tuple[str, ...], message: str
) -> None:
    """Who says only half of it is told so, and is shown nothing."""
    path, incident, _ = store
    result = saqshy(path, "incidents", "show", incident, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert left(path) == []


def test_what_cannot_be_recorded_is_not_shown(store: tuple[Path, str, str]) -> None:
    """Where the record cannot be left, nothing is shown."""
    path, incident, _ = store
    folder = path.with_name(f"{path.name}.commands")
    folder.rmdir() if folder.exists() else None
    folder.write_text("in the way", encoding="utf-8")
    result = saqshy(path, "incidents", "show", incident, *READER)
    folder.unlink()
    assert (result.exit_code, result.stdout) == (3, "")
