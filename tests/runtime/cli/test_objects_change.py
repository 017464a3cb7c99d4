"""Tests of `saqshy objects add|edit|import`: shown first, recorded with a word, kept in history."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from pipeline.model import instant
from pipeline.registry import load_registry
from pipeline.registry.change_log import LOG
from pipeline.runtime.cli.objects import objects
from tests.registry.making import RULES

WORD = ["--as", "administrator/a.serik", "--reason", "order 12"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a small registry of one's own."""
    home = tmp_path / "objects"
    home.mkdir()
    (home / "a.yml").write_text(
        "objects:\n  - {id: plant, sector: gas, sources: [{id: s, match: {hosts: [h]}}]}\n"
        "  - {id: mill, valid_from: 2025-01-01, valid_to: 2025-12-31}\n"
        "parties:\n  - {id: owner, names: {kk: a, ru: b}}\n"
    )
    return home


def run(folder: Path, *words: str, word: bool = True) -> Result:
    """Run a command on a registry."""
    more = [*(WORD if word else []), "--registry", str(folder)]
    return CliRunner().invoke(objects, [*words, *more])


def sector(folder: Path, at: str, known_at: str | None = None) -> str | None:
    """Give the plant's branch."""
    known = instant(known_at) if known_at else None
    record = load_registry([folder]).object("plant", instant(at), known_at=known)
    return record.sector if record is not None else None


def test_an_edit_is_shown_and_recorded_only_when_agreed(folder: Path) -> None:
    """Without --yes nothing is written; with it the change holds from its day, with its word."""
    words = ["edit", "plant", "--set", "sector=heat", "--from", "2026-01-01"]
    asked = run(folder, *words)
    assert asked.exit_code == 1
    assert "nothing was changed" in asked.stderr
    assert not (folder / LOG).exists()
    done = run(folder, *words, "--yes")
    assert done.exit_code == 0, done.output
    assert "sector" in done.stdout
    assert sector(folder, "2025-12-31T23:59:59Z") == "gas"
    assert sector(folder, "2026-01-01T00:00:00Z") == "heat"
    assert sector(folder, "2026-01-02T00:00:00Z", "2020-01-01T00:00:00Z") == "gas"
    told = run(folder, "history", "plant", "--json", word=False)
    newest = orjson.loads(told.stdout.splitlines()[-1])
    assert (newest["author"], newest["reason"]) == ("administrator/a.serik", "order 12")
    assert newest["fields"] == [{"path": "sector", "before": "gas", "after": "heat"}]


def test_an_edit_of_a_past_span_amends_every_revision_in_it(folder: Path) -> None:
    """With --to each revision in the span says the new thing and keeps its own others."""
    first = ["edit", "plant", "--set", "sector=heat", "--from", "2026-01-01", "--yes"]
    assert run(folder, *first).exit_code == 0
    words = ["--from", "2025-06-01", "--to", "2026-03-01", "--yes"]
    assert run(folder, "edit", "plant", "--set", "reach=region", *words).exit_code == 0
    held = load_registry([folder])
    days = {"2025-05-01": None, "2025-07-01": "region", "2026-02-01": "region", "2026-04-01": None}
    for day, reach in days.items():
        record = held.object("plant", instant(f"{day}T00:00:00Z"))
        assert record is not None
        assert record.reach == reach
    assert sector(folder, "2026-02-01T00:00:00Z") == "heat"
    assert sector(folder, "2025-07-01T00:00:00Z") == "gas"


def test_parts_of_lists_are_set_and_forgotten(folder: Path) -> None:
    """Paths lead into lists, values may be YAML, and --unset forgets."""
    words = ["--set", "sources.0.silence_seconds=60", "--set", "physical_hazards=[fire, flood]"]
    result = run(folder, "edit", "plant", *words, "--unset", "sector", "--yes")
    assert result.exit_code == 0, result.output
    (record,) = [one for one in load_registry([folder]).objects() if one.id == "plant"]
    assert record.sources[0].silence_seconds == 60
    assert record.sources[0].match.hosts == ("h",)
    assert record.physical_hazards == ("fire", "flood")
    assert record.sector is None


def test_an_object_is_added_and_withdrawn(folder: Path) -> None:
    """A new object holds from its day on until it is withdrawn."""
    words = ["add", "pump", "--set", "names.kk=Сорғы", "--set", "names.ru=Насос"]
    assert run(folder, *words, "--from", "2026-01-01", "--yes").exit_code == 0
    gone = run(folder, "edit", "pump", "--withdraw", "--from", "2026-02-01", "--yes")
    assert gone.exit_code == 0, gone.output
    held = load_registry([folder])
    known = [held.object("pump", instant(f"2026-{day}T00:00:00Z")) for day in ("01-31", "02-01")]
    assert [one is not None for one in known] == [True, False]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(["add", "plant"], "is registered", id="add-known"),
        pytest.param(["add", "Bad Id"], "String should match", id="add-bad"),
        pytest.param(["edit", "plan", "--set", "sector=gas"], "did you mean 'plant'?", id="nobody"),
        pytest.param(["edit", "plant"], "says nothing", id="nothing"),
        pytest.param(["edit", "plant", "--set", "sector"], "no PATH=VALUE", id="no-value"),
        pytest.param(["edit", "plant", "--set", "sector=gass"], "Input should be", id="word"),
        pytest.param(["edit", "plant", "--set", "id.x=y"], "has no parts", id="path"),
        pytest.param(["edit", "plant", "--set", "classes=[a"], "is not YAML", id="yaml"),
        pytest.param(["edit", "plant", "--unset", "reach"], "nothing stands", id="unset"),
        pytest.param(["edit", "plant", "--set", "hosted_on=plant"], "circle", id="circle"),
        pytest.param(["edit", "plant", "--set", "restriction=state_secret"], "no objects with",
                     id="secret"),
        pytest.param(["edit", "mill", "--set", "sector=gas", "--from", "2026-05-01"],
                     "is not registered", id="gap"),
        pytest.param(["import", "nowhere.csv"], "cannot be read", id="no-file"),
    ],
)  # fmt: skip
def test_what_would_not_hold_is_refused_before_anything_is_written(
    folder: Path, words: list[str], message: str
) -> None:
    """Every error ends with 2, says what is wrong, and leaves the history as it was."""
    result = run(folder, *words, "--yes")
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    assert not (folder / LOG).exists()


@pytest.mark.parametrize("word", [["--as", "somebody"], ["--as", "a/b", "--reason", " "]])
def test_a_change_has_a_word(folder: Path, word: list[str]) -> None:
    """Who and why are part of every change."""
    reason = [] if "--reason" in word else ["--reason", "x"]
    words = ["edit", "plant", "--set", "sector=heat", *word, *reason]
    result = CliRunner().invoke(objects, [*words, "--registry", str(folder), "--yes"])
    assert result.exit_code == 2


def test_the_shipped_example_is_not_changed() -> None:
    """The example of the program is nobody's registry."""
    result = run(RULES / "objects", "edit", "kz-bank", "--set", "reach=region", "--yes")
    assert result.exit_code == 2
    assert not (RULES / "objects" / LOG).exists()


def test_an_import_brings_what_a_table_says(folder: Path, tmp_path: Path) -> None:
    """A table changes what it names, leaves the rest, and a second import finds nothing to do."""
    table = tmp_path / "table.csv"
    table.write_text("id,sector,code\nplant,heat,P-1\npump,water_supply,P-2\n")
    shown = run(folder, "import", str(table), "--from", "2026-01-01", "--json")
    assert shown.exit_code == 1
    found = [orjson.loads(line) for line in shown.stdout.splitlines()]
    assert [(one["what"], one["id"]) for one in found] == [("changed", "plant"), ("added", "pump")]
    done = run(folder, "import", str(table), "--from", "2026-01-01", "--yes")
    assert done.exit_code == 0, done.output
    assert sector(folder, "2026-01-01T00:00:00Z") == "heat"
    record = load_registry([folder]).object("plant", instant("2026-01-01T00:00:00Z"))
    assert record is not None
    assert not record.sources  # a record that is imported is the whole record
    again = run(folder, "import", str(table), "--from", "2026-02-01", "--yes")
    assert again.exit_code == 0
    assert len((folder / LOG).read_bytes().splitlines()) == 1


def test_a_file_record_that_changes_lie_over_is_told(folder: Path) -> None:
    """Check says where an edit of the file would have no effect any more."""
    words = ["edit", "mill", "--set", "reach=region", "--from", "2025-01-01", "--yes"]
    assert run(folder, *words).exit_code == 0
    result = run(folder, "check", word=False)
    assert result.exit_code == 1
    assert "an edit of it in the file has no effect" in result.stderr
