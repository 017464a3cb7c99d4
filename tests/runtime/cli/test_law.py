"""Tests of `saqshy law`: data on standard output, messages beside it, exit codes."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from pipeline.runtime.cli.law import law

RULES = Path(__file__).parents[3] / "rules"
KZ = str(RULES / "law" / "kz")
OBJECTS = str(RULES / "objects")
EXAMPLES = RULES / "law" / "examples"
README = RULES / "law" / "README.md"


def run(*words: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(law, list(words))


def lines(result: Result) -> list[dict[str, object]]:
    """Read the NDJSON that a command printed."""
    return [orjson.loads(line) for line in result.stdout.splitlines()]


def test_apply_prints_assessment_and_notices_of_every_case() -> None:
    """Each example gives one line with its verdict and what is due."""
    files = sorted(map(str, EXAMPLES.iterdir()))
    result = run("apply", *files, "--pack", KZ, "--registry", OBJECTS, "--json")
    assert result.exit_code == 0, result.output
    found = lines(result)
    assert len(found) == len(files)
    assert all({"object", "at", "assessment", "notices", "clocks"} <= set(one) for one in found)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_apply_prints_tables_for_people(language: str) -> None:
    """Without --json the case is explained in the language asked for."""
    file = str(EXAMPLES / "critical-intrusion.yml")
    words = ["apply", file, "--pack", KZ, "--registry", OBJECTS, "--language", language]
    result = run(*words)
    assert result.exit_code == 0, result.output
    assert "kz-energy-tec" in result.stdout
    assert {"kk": "иеленуші", "ru": "владелец", "en": "holder"}[language] in result.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(["apply", "none.yml"], "none.yml: cannot be read", id="no-file"),
        pytest.param(["apply", str(EXAMPLES / "insider-copy.yml"), "--language", "xx"],
                     "no language 'xx'", id="no-language"),
        pytest.param(["show", "--at", "yesterday"], "neither a date nor a time", id="no-date"),
        pytest.param(["show", "--section", "colours"], "no section 'colours'", id="no-section"),
    ],
)  # fmt: skip
def test_wrong_usage_is_exit_code_two(words: list[str], message: str) -> None:
    """What is wrong is named on standard error, and nothing is printed as data."""
    registry = ["--registry", OBJECTS] if words[0] == "apply" else []
    result = run(*words, "--pack", KZ, *registry)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_every_wrong_case_is_told_at_once(tmp_path: Path) -> None:
    """The problems of all files are told before anything is judged."""
    for name in ("a.yml", "b.yml"):
        (tmp_path / name).write_text("facts: {object: x}\n", encoding="utf-8")
    files = [str(tmp_path / name) for name in ("a.yml", "b.yml")]
    result = run("apply", *files, "--pack", KZ, "--registry", OBJECTS, "--json")
    assert result.exit_code == 2
    assert "a.yml" in result.stderr
    assert "b.yml" in result.stderr


def test_show_prints_the_rows_in_force() -> None:
    """Rows are shown from their first day, each with ground and author."""
    before = lines(run("show", "--at", "2022-05-02", "--pack", KZ, "--json"))
    after = lines(run("show", "--at", "2022-05-03", "--pack", KZ, "--json"))
    assert {one["section"] for one in before} == {"axes"}
    assert len(after) > 200
    assert all(one["basis"] and one["set_by"] for one in after)


def test_show_says_that_a_by_law_is_missing() -> None:
    """What only a by-law can say is shown as missing, never as a number."""
    result = run("show", "--section", "by_laws", "--pack", KZ)
    assert result.exit_code == 0, result.output
    assert result.stdout.count("missing") == 4
    found = lines(run("show", "--section", "by_laws", "--pack", KZ, "--json"))
    assert [one["source"] for one in found] == ["missing"] * 4


def test_check_tells_a_whole_pack() -> None:
    """A pack that fits its registry has nothing wrong, and its missing by-laws are named."""
    result = run("check", "--pack", KZ, "--registry", OBJECTS, "--json")
    assert result.exit_code == 0, result.output
    (found,) = lines(result)
    assert found["problems"] == []
    assert found["by_laws_missing"] == [
        "monitoring_rules", "event_rules", "exchange_rules", "backup_rules",
    ]  # fmt: skip


def test_check_finds_who_cannot_be_reached(tmp_path: Path) -> None:
    """A registry without the roles of the pack is found wrong, and that is exit code one."""
    (tmp_path / "o.yml").write_text(
        "objects:\n  - id: a\n    restriction: none\n"
        "    parties: {infrastructure: {holder: p}}\n"
        "    attestation: {attested_open_by: Head, at: 2025-01-01}\n"
        "parties:\n  - {id: p, names: {kk: a, ru: b}}\n",
        encoding="utf-8",
    )
    result = run("check", "--pack", KZ, "--registry", str(tmp_path))
    assert result.exit_code == 1
    assert "no party has the role 'ncc'" in result.stderr


@pytest.mark.parametrize(
    ("language", "word"), [("kk", "дереккөзі жоқ"), ("ru", "источник"), ("en", "source missing")]
)
def test_show_names_what_only_a_by_law_can_say(language: str, word: str) -> None:
    """`--missing` prints the by-laws and the terms that wait for them, in each language."""
    result = run("show", "--missing", "--pack", KZ, "--language", language)
    assert result.exit_code == 0, result.output
    assert word in result.stdout
    found = lines(run("show", "--missing", "--pack", KZ, "--json"))
    assert {(one["section"], one["id"]) for one in found} == {
        ("terms", "holder.critical.limit"),
        *(("by_laws", name) for name in ("monitoring_rules", "event_rules", "exchange_rules",
                                         "backup_rules")),
    }  # fmt: skip


def test_every_row_can_be_named() -> None:
    """`law show` gives each row the id by which an overlay ends it; none is given twice."""
    found = lines(run("show", "--pack", KZ, "--json"))
    names = [(one["section"], one["id"]) for one in found]
    assert len(set(names)) == len(names)
    assert all(name for _, name in names)


def test_an_overlay_is_read_by_every_command(tmp_path: Path) -> None:
    """Show and check read an operator's rows; what was entered is missing no more."""
    text = README.read_text(encoding="utf-8")
    example = text[text.index("# law-overlay/") :].partition("```")[0]
    (tmp_path / "own.yml").write_text(example, encoding="utf-8")
    words = ["--pack", KZ, "--overlay", str(tmp_path), "--json"]
    (found,) = lines(run("check", "--registry", OBJECTS, *words))
    assert found["by_laws_missing"] == ["event_rules", "exchange_rules", "backup_rules"]
    assert found["terms_without_number"] == []
    (term,) = [one for one in lines(run("show", "--section", "terms", *words))
               if one["id"] == "holder.critical.limit"]  # fmt: skip
    assert term["offset"] == "PT3H"
