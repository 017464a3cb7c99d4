"""`saqshy statistics`: over the store of a system that ran, and beside one that runs."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from pipeline.runtime.cli.app import app
from tests.runtime.centre import centre, entry, failures, prepare

MARCH = ("--month", "2026-03")
YEAR = ("--year", "2025")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the settings of a centre that found one incident at the bank, and ended."""
    folder = tmp_path_factory.mktemp("statistics")
    with centre(folder) as made:
        made.tick()
        made.take([*failures(44), entry(44)])
        made.tick(20)
        while made.system.dispatcher.run_due():
            pass
    return folder / "saqshy.yml"


def saqshy(config: Path, *words: str) -> Result:
    """Run a command over a centre's settings."""
    wide = {"COLUMNS": "250"}
    return CliRunner().invoke(app, ["statistics", *words, "--config", str(config)], env=wide)


def test_a_month_as_json(config: Path) -> None:
    """The report has its period, its reasons, its groups and its coverage under fixed keys."""
    done = saqshy(config, "show", *MARCH, "--json")
    assert done.exit_code == 0, done.stderr
    report = orjson.loads(done.stdout)
    assert (report["begin"], report["end"]) == ("2026-02-28T19:00:00Z", "2026-03-31T19:00:00Z")
    assert [part["reason"] for part in report["partial"]] == ["recording_began", "own_outage"]
    (group,) = report["groups"]
    assert (group["regime"], group["trial"]) == ("normal", False)
    assert group["verdicts"]["incident"]["total"] == 1
    assert group["verdicts"]["incident"]["by"]["sector"] == {"banking": 1}
    assert group["times"]["contain"]["open"] == 1
    assert group["times"]["contain"]["p50_seconds"] is None
    assert report["coverage"][0]["objects"] == 9


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("kk", ("оқыс оқиғалар", "банк саласы", "Қамту", "белгісіз")),
        ("ru", ("инциденты", "банковская сфера", "Охват", "обязанности")),
        ("en", ("incidents", "banking", "Coverage", "The period is partial")),
    ],
)
def test_tables_in_three_languages(config: Path, language: str, words: tuple[str, ...]) -> None:
    """Titles, columns and values are in the language asked for."""
    done = saqshy(config, "show", *MARCH, "--language", language)
    assert done.exit_code == 0, done.stderr
    assert [word for word in words if word.lower() not in done.stdout.lower()] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", *MARCH, "--year", "2026"), "give one of"),
        (("show", "--from", "2026-03-01"), "together"),
        (("show", "--from", "2026-03-02", "--to", "2026-03-01"), "ends before"),
        (("show", "--month", "2026-13"), "2026-13"),
        (("show", "--year", "99999"), "year 99999"),
        (("show", *MARCH, "--language", "de"), "no texts in 'de'"),
        (("show", *MARCH, "--known-at", "2199-01-01T00:00:00Z"), "is ahead"),
        (("show", *MARCH, "--known-at", "yesterday"), "yesterday"),
        (("export", *YEAR, "--out", "x"), "say --open"),
        (("export", "--open", *MARCH, "--out", "x"), "statistics.open_period is year"),
        (("export", "--open", "--year", "2199", "--out", "x"), "is not over"),
        (("compliance", "--sector", "space"), "no branch 'space'"),
    ],
    ids=[
        "two periods", "half a period", "no days", "no month", "no year", "language", "future",
        "no time", "not open", "another kind of period", "not over", "branch",
    ],
)  # fmt: skip
def test_wrong_usage_says_the_way_out(config: Path, words: tuple[str, ...], said: str) -> None:
    """Each wrong use ends with code 2 and a reason, and writes nothing."""
    done = saqshy(config, *words)
    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr
    assert not Path("x").exists()


def test_days_are_given_with_both_ends(config: Path) -> None:
    """From the second of March to the second is the day of the incident."""
    days = ("--from", "2026-03-02", "--to", "2026-03-02")
    inside = orjson.loads(saqshy(config, "show", *days, "--json").stdout)
    before = ("--from", "2026-03-01", "--to", "2026-03-01")
    outside = orjson.loads(saqshy(config, "show", *before, "--json").stdout)
    assert (len(inside["groups"]), outside["groups"]) == (1, [])


def test_a_report_of_the_past_knows_nothing_later(config: Path) -> None:
    """Known at a time before the incident, the month has none; at the same time, the same bytes."""
    early = ("--known-at", "2026-03-02T15:00:00Z")
    assert orjson.loads(saqshy(config, "show", *MARCH, *early, "--json").stdout)["groups"] == []
    late = ("--known-at", "2026-05-01T00:00:00Z")
    once, again = (saqshy(config, "show", *MARCH, *late, "--json").stdout for _ in range(2))
    assert once == again
    assert len(orjson.loads(once)["groups"]) == 1


def test_open_data_are_written_with_their_description(config: Path, tmp_path: Path) -> None:
    """A year that is over gives tables with their description, and the same bytes again."""
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        known = ("--known-at", "2026-05-01T00:00:00Z")
        done = saqshy(config, "export", "--open", *YEAR, *known, "--out", str(folder), "--json")
        assert done.exit_code == 0, done.stderr
        assert len(done.stdout.splitlines()) == 9
    one, two = ({file.name: file.read_bytes() for file in sorted(of.iterdir())} for of in folders)
    assert one == two
    described = orjson.loads(one["datapackage.json"])
    assert {of["path"] for of in described["resources"]} == set(one) - {"datapackage.json"}
    assert described["partial"] == ["monitoring_began", "recording_began"]
    assert "қ" in described["titles"]["kk"]


def test_compliance_tells_objects_and_branches(config: Path) -> None:
    """Each object has its countdowns, each branch its sum; something overdue ends with code 1."""
    done = saqshy(config, "compliance", "--at", "2026-04-01T00:00:00Z", "--json")
    lines = [orjson.loads(line) for line in done.stdout.splitlines()]
    objects = [line for line in lines if "object_id" in line]
    branches = [line["summary"] for line in lines if "summary" in line]
    assert len(objects) == 9
    assert sum(branch["objects"] for branch in branches) == 9
    overdue = sum(one["overdue"] for one in objects)
    assert (done.exit_code, overdue > 0) == (1, True)
    (plant,) = (one for one in objects if one["object_id"] == "kz-energy-tec")
    assert {one["duty"] for one in plant["countdowns"]} >= {"connect_centre", "attestation"}
    alone = saqshy(config, "compliance", "--sector", "transport", "--language", "en")
    assert "TRAN-01" in alone.stdout
    assert "TEC-01" not in alone.stdout


def test_a_store_that_is_not_there_cannot_be_reached(tmp_path: Path) -> None:
    """Without a store the command ends with code 3 and says what to do."""
    done = saqshy(prepare(tmp_path), "show", *MARCH)
    assert (done.exit_code, "there is no store" in done.stderr) == (3, True)


def test_it_reads_beside_a_running_system(tmp_path: Path) -> None:
    """A system that holds the store hinders no report."""
    with centre(tmp_path) as made:
        made.take([*failures(44), entry(44)])
        report = orjson.loads(saqshy(tmp_path / "saqshy.yml", "show", *MARCH, "--json").stdout)
        assert report["groups"][0]["verdicts"]["incident"]["total"] == 1
