"""Tests of `saqshy objects`: what the registry says, at any time, and what it owes."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from pipeline.registry import load_registry
from pipeline.runtime.cli.objects import objects
from tests.registry.making import RULES

EXAMPLE = str(RULES / "objects")
DAY = "2026-03-02"


def run(*words: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(objects, list(words))


def lines(result: Result) -> list[dict[str, object]]:
    """Read the NDJSON that a command printed."""
    return [orjson.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param([], 9, id="all"),
        pytest.param(["--flag", "critical"], 1, id="flag"),
        pytest.param(["--sector", "banking"], 1, id="sector"),
        pytest.param(["--party", "dc-holder"], 2, id="party"),
        pytest.param(["--flag", "critical", "--sector", "gas"], 0, id="nothing"),
    ],
)
def test_objects_are_listed_by_what_they_are(words: list[str], expected: int) -> None:
    """List gives the objects at an instant, with their flags, as NDJSON and as a table."""
    result = run("list", "--registry", EXAMPLE, "--at", DAY, "--json", *words)
    assert result.exit_code == 0, result.output
    assert len(lines(result)) == expected
    assert all("flags" in one for one in lines(result))
    table = run("list", "--registry", EXAMPLE, "--at", DAY, *words)
    assert f"{expected} object(s) at 2026-03-02T00:00:00Z" in table.stdout


def test_an_object_is_shown_with_all_that_belongs_to_it() -> None:
    """Show gives record, parties, guests and duties."""
    result = run("show", "kz-dc", "--registry", EXAMPLE, "--at", DAY, "--json")
    (shown,) = lines(result)
    assert shown["guests"] == ["kz-clinic-hosted"]
    assert isinstance(shown["parties"], dict)
    assert shown["parties"]["infrastructure.holder"]["id"] == "dc-holder"
    assert isinstance(shown["duties"], list)
    people = run("show", "kz-dc", "--registry", EXAMPLE, "--at", DAY)
    assert "ici_kind: server_room" in people.stdout


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        pytest.param(["show", "kz-dcx"], 2, "did you mean 'kz-dc'?", id="no-object"),
        pytest.param(["history", "nothing"], 2, "no object is named", id="no-history"),
        pytest.param(["show", "kz-dc", "--at", "yesterday"], 2, "--at", id="no-time"),
        pytest.param(["due", "--state", "late"], 2, "no state is named 'late'", id="no-state"),
        pytest.param(["diff", "a", "b", "c"], 2, "compares two", id="three"),
        pytest.param(["diff", "nowhere.yml"], 2, "cannot be read", id="no-file"),
    ],
)
def test_what_names_nothing_is_told(words: list[str], code: int, message: str) -> None:
    """A wrong name or time ends with 2 and says what would be right."""
    result = run(*words, "--registry", EXAMPLE)
    assert result.exit_code == code
    assert message in result.stderr


def test_duties_are_listed_with_what_is_missing() -> None:
    """Due tells terms and states, says where a source is missing, and ends with 1 where late."""
    result = run("due", "kz-energy-tec", "--registry", EXAMPLE, "--at", DAY, "--json")
    found = {one["id"]: one for one in lines(result)}
    assert found["connect_centre"]["state"] == "met"
    assert found["security_audit"]["due_at"] == "2027-02-19T19:00:00Z"
    assert found["national_copy"]["due_at"] is None
    assert "source missing" in str(found["national_copy"]["missing"])
    late = run("due", "--registry", EXAMPLE, "--at", "2027-03-01", "--state", "overdue")
    assert late.exit_code == 1
    assert "security_audit" in late.stdout
    none = run("due", "kz-dc", "--registry", EXAMPLE, "--at", DAY, "--state", "overdue")
    assert none.exit_code == 0


def test_what_is_due_names_licences_too() -> None:
    """Licences of centres stand by their party; of one object nothing but its own is listed."""
    result = run("due", "--registry", EXAMPLE, "--at", DAY, "--json")
    found = {(line["object"], line["id"]) for line in lines(result)}
    named = {name for name, duty in found if duty == "centre_licence"}
    held = load_registry([Path(EXAMPLE)])
    assert named <= set(held.in_role("operations_centre"))
    assert named
    assert ("kz-akimat", "joint_contract:kz-egov-portal") in found
    own = run("due", "kz-akimat", "--registry", EXAMPLE, "--at", DAY, "--json")
    assert {line["object"] for line in lines(own)} == {"kz-akimat"}


def test_check_tells_every_error_at_once(tmp_path: Path) -> None:
    """Check ends with 2 and every problem, or says how much it read."""
    (tmp_path / "a.yml").write_text("objects:\n  - {id: a, sectr: gas}\n  - {id: B}\n")
    result = run("check", "--registry", str(tmp_path), "--json")
    assert result.exit_code == 2
    assert [one["line"] for one in lines(result)] == [2, 3]
    assert "2 problem(s)" in run("check", "--registry", str(tmp_path)).stderr
    whole = run("check", "--registry", EXAMPLE, "--json")
    assert whole.exit_code == 0
    assert lines(whole)[0]["objects"] == 9


def test_the_schema_is_printed() -> None:
    """Schema prints what is shipped beside the example."""
    shipped = (RULES / "objects" / "objects.schema.json").read_bytes()
    assert orjson.loads(run("schema").stdout) == orjson.loads(shipped)


@pytest.mark.parametrize("form", ["yaml", "ndjson", "csv"])
def test_an_export_differs_in_nothing(tmp_path: Path, form: str) -> None:
    """What was exported is a registry of the same revision, and diff finds nothing."""
    out = tmp_path / ("tables" if form == "csv" else f"a.{form.replace('yaml', 'yml')}")
    result = run("export", "--format", form, "--out", str(out), "--registry", EXAMPLE)
    assert result.exit_code == 0, result.output
    assert load_registry([out]).revision == load_registry([RULES / "objects"]).revision
    assert run("diff", str(out), "--registry", EXAMPLE).exit_code == 0


def test_an_export_goes_to_standard_output() -> None:
    """Without a file the export is printed; tables need a folder."""
    result = run("export", "--registry", EXAMPLE)
    assert result.stdout.startswith("# yaml-language-server")
    assert run("export", "--format", "csv", "--registry", EXAMPLE).exit_code == 2


def test_diff_tells_fields(tmp_path: Path) -> None:
    """Diff names object, span and field, and ends with 1."""
    new = tmp_path / "new.yml"
    new.write_text("objects:\n  - {id: a, sector: gas}\n")
    old = tmp_path / "old.yml"
    old.write_text("objects:\n  - {id: a}\n  - {id: b}\n")
    result = run("diff", str(old), str(new), "--json")
    assert result.exit_code == 1
    assert [(one["what"], one["id"]) for one in lines(result)] == [
        ("changed", "a"),
        ("removed", "b"),
    ]
    assert lines(result)[0]["fields"] == [{"path": "sector", "before": "", "after": "gas"}]
