"""`saqshy auditor` and `saqshy audit notices` over the store of a run."""

from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from typer.testing import CliRunner, Result

from pipeline.model import rfc3339
from pipeline.runtime.cli.app import app
from tests.audit.runs import MINUTE, UNKNOWN, YES, run

LATER = rfc3339(1_900_000_000 * 10**9)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the settings of a store with one entry that was told, and one page that was not."""
    folder = tmp_path_factory.mktemp("cli")
    with run(folder) as one:
        one.find("kz-bank", "entry", YES)
        one.deliver()
        one.find("kz-energy-tec", "entry-tec", UNKNOWN, after=10 * MINUTE)
    settings = {
        "store": {"path": "saqshy.db"},
        "auditor": {"state": "a.db", "pages": "pages", "heartbeats": "beats", "port": None},
        "audit": {"checkpoint_minutes": 0},
        "log": {"level": "error"},
    }
    path = folder / "saqshy.yml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return path


def saqshy(config: Path, *words: str) -> Result:
    """Run a command over the settings."""
    return CliRunner().invoke(app, [*words, "--config", str(config)], env={"COLUMNS": "220"})


def lines(result: Result) -> list[dict[str, Any]]:
    """Read NDJSON."""
    return [orjson.loads(line) for line in result.stdout.splitlines()]


def test_what_is_as_owed_ends_with_zero(config: Path) -> None:
    """As of the night itself nothing is amiss."""
    result = saqshy(config, "audit", "notices", "--at", "2026-03-02T20:50:00+05:00")
    assert result.exit_code == 0, result.output
    assert "as it was owed" in result.stderr


def test_what_is_overdue_ends_with_one(config: Path) -> None:
    """As of much later the page that never left is told, with its ground and since when."""
    result = saqshy(config, "audit", "notices", "--at", LATER, "--json")
    assert result.exit_code == 1, result.output
    (alarm,) = (line["alarm"] for line in lines(result))
    assert (alarm["kind"], alarm["what"]) == ("late", "overdue")
    table = saqshy(config, "audit", "notices", "--at", LATER)
    assert "overdue" in table.stdout


def test_one_incident_shows_what_it_owes(config: Path) -> None:
    """Each notice that an incident owes is listed with its term and how it stands."""
    listed = saqshy(config, "incidents", "list", "--json")
    bank = next(one for one in lines(listed) if one["object_id"] == "kz-bank")
    words = ("audit", "notices", "--incident", str(bank["id"]), "--at", LATER)
    result = saqshy(config, *words, "--json")
    assert result.exit_code == 0, result.output
    owed = [line["owed"] for line in lines(result)]
    assert {one["role"]: one["state"] for one in owed} == {
        "holder": "sent",
        "ncc": "sent",
        "sectoral_centre": "sent",
    }
    assert "3 notice(s) owed" in saqshy(config, *words).stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(("audit", "notices", "--at", "yesterday"), 2, id="no time"),
        pytest.param(("audit", "notices", "--store", "nowhere.db"), 3, id="no store"),
        pytest.param(("auditor", "--once", "--store", "nowhere.db"), 3, id="no store to watch"),
    ],
)
def test_what_cannot_be_done_says_so(config: Path, words: tuple[str, ...], code: int) -> None:
    """Wrong usage ends with 2, what cannot be reached with 3."""
    assert saqshy(config, *words).exit_code == code


def test_the_auditor_looks_once(config: Path) -> None:
    """One look pages what stands, gives a sign of life, and ends with 1."""
    result = saqshy(config, "auditor", "--once", "--json")
    assert result.exit_code == 1, result.output
    (look,) = lines(result)
    assert look["alarms"] == {"late": 1}
    assert len(list((config.parent / "pages").glob("*.json"))) == 1
    assert len(list((config.parent / "beats").glob("*.json"))) == 1
    again = saqshy(config, "auditor", "--once", "--all")
    assert again.exit_code == 1
    assert len(list((config.parent / "pages").glob("*.json"))) == 1
