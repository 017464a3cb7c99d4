"""Tests of `saqshy rules check|test|list`, through the command as people call it."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from pipeline.runtime.cli.app import app

RULE = """title: Account Made
id: 00000000-0000-4000-8000-000000000001
name: made
status: test
level: low
tags: [attack.persistence, attack.t1136.001]
logsource: {product: windows, service: security}
detection: {s: {EventID: 4720}, condition: s}
"""
CORRELATION = """title: Many Accounts
id: 00000000-0000-4000-8000-000000000002
status: test
level: high
correlation:
  type: event_count
  rules: [made]
  group-by: [Computer]
  timespan: 1m
  condition: {gte: 2}
"""
BROKEN = RULE.replace("0001", "0003").replace("EventID", "EventID|sideways")
TESTS = """tests:
  - name: made
    records: [{EventID: 4720, Channel: Security, Computer: a}]
    hits: %d
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, without settings."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["rules", *words])


def lines(result: Result) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in result.stdout.splitlines()]


def write(**texts: str) -> str:
    """Write rule files into a folder and give its path."""
    folder = Path("r")
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name.replace('__', '.')}.yml").write_text(text, encoding="utf-8")
    return str(folder)


def test_check_of_sound_rules_is_quiet() -> None:
    """Rules that nothing is wrong with end with 0 and print no data."""
    result = run("check", write(a=RULE), "--json")
    assert (result.exit_code, result.stdout) == (0, "")


def test_check_tells_kind_place_reason_and_way_out() -> None:
    """What is broken and what is doubtful are told together, with file and line."""
    folder = write(a=RULE.replace("level: low\n", ""), b=BROKEN)
    result = run("check", folder, "--json")
    assert result.exit_code == 1
    found = {line["kind"]: line for line in lines(result)}
    assert set(found) == {"no_level", "quarantined"}
    assert found["quarantined"]["file"] == "r/b.yml"
    assert found["quarantined"]["line"] == 8
    assert found["no_level"]["rule"] == "00000000-0000-4000-8000-000000000001"
    table = run("check", folder)
    assert "r/b.yml:8" in table.stdout
    assert "1 no level, 1 quarantined" in table.stderr


def test_check_knows_the_rules_in_force() -> None:
    """A correlation may refer to a rule of the settings, whose own doubts are not told."""
    base = CORRELATION.replace("[made]", "[saqshy_failed_logon]")
    Path("rules").mkdir()
    text = RULE.replace("name: made", "name: saqshy_failed_logon").replace("level: low\n", "")
    Path("rules/base.yml").write_text(text, encoding="utf-8")
    Path("saqshy.yml").write_text("content: {paths: [rules]}\nregistry: []\n", encoding="utf-8")
    assert run("check", write(c=base)).exit_code == 0
    alone = run("check", write(c=base.replace("saqshy_failed_logon", "nobody")), "--json")
    assert alone.exit_code == 2
    assert "nobody" in str(lines(alone)[0]["message"])


@pytest.mark.parametrize("words", [["check", "nowhere"], ["test", "nowhere"],
                                   ["list", "--rules", "nowhere"]])  # fmt: skip
def test_a_path_that_is_not_there_is_wrong_usage(words: list[str]) -> None:
    """A path that does not exist is named, and nothing is printed as data."""
    result = run(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "nowhere: does not exist" in result.stderr


def test_two_hundred_broken_files_are_all_told() -> None:
    """A folder of broken files gives one line each, and the command is unusable without a rule."""
    texts = {f"f{number}": "title: [\n" if number % 2 else "{" * 3000 for number in range(200)}
    result = run("check", write(**texts), "--json")
    assert result.exit_code == 2
    assert len({line["file"] for line in lines(result)}) == 200


def test_hostile_text_is_shown_and_not_obeyed() -> None:
    """An escape sequence in a title reaches no terminal, in a table or in a message."""
    title = RULE.replace("Account Made", '"Account \\e[31mMade [bold]x[/bold]"')
    folder = write(a=title, b=title.replace("0001", "0009").replace("name: made\n", ""))
    for words in (["check", folder], ["list", "--rules", folder], ["test", folder]):
        result = run(*words)
        assert "\x1b[31m" not in result.stdout + result.stderr
    assert "\\x1b[31m" in run("list", "--rules", folder).stdout
    assert "[bold]" in run("list", "--rules", folder).stdout.replace("\n", "")


def test_tests_pass_or_fail_with_their_counts() -> None:
    """The tests of rules are run; what fails is shown with what was found and wanted."""
    folder = write(a=RULE, a__tests=TESTS % 1, c=RULE.replace("0001", "0004"))
    good = run("test", folder, "--json")
    assert good.exit_code == 0, good.output
    assert [line["passed"] for line in lines(good)] == [True]
    assert "r/c.yml: has no tests" in good.stderr
    assert "1 tests of 1 rules: 1 pass, 0 fail; 1 rule files without tests" in good.stderr
    write(a__tests=TESTS % 2)
    bad = run("test", folder)
    assert bad.exit_code == 1
    assert "r/a.tests.yml:2" in bad.stdout


@pytest.mark.parametrize("path", ["r/a.yml", "r/a.tests.yml", "r"])
def test_tests_are_found_from_a_rule_a_test_file_or_a_folder(path: str) -> None:
    """A rule's tests are meant by its file, by their own, and by the folder of both."""
    write(a=RULE, a__tests=TESTS % 1)
    assert len(lines(run("test", path, "--json"))) == 1


def test_tests_of_a_correlation_use_the_rules_in_force() -> None:
    """The tests beside a correlation find the rule that it refers to in the settings."""
    write(a=RULE)
    Path("saqshy.yml").write_text("content: {paths: [r]}\nregistry: []\n", encoding="utf-8")
    Path("n").mkdir()
    Path("n/c.yml").write_text(CORRELATION, encoding="utf-8")
    record = "{EventID: 4720, Channel: Security, Computer: a}"
    Path("n/c.tests.yml").write_text(
        f"tests:\n  - name: two\n    records: [{record}, {record}]\n    hits: 1\n", encoding="utf-8"
    )
    result = run("test", "n", "--json")
    assert result.exit_code == 0, result.output
    assert lines(result)[0]["rule"] == "00000000-0000-4000-8000-000000000002"


def test_broken_test_files_are_all_told() -> None:
    """What is wrong with test files is told at once, and the other tests are run all the same."""
    folder = write(
        a=RULE, a__tests=TESTS % 1, c=RULE.replace("0001", "0004"), c__tests="tests: []\n",
        d=BROKEN, d__tests=TESTS % 1,
    )  # fmt: skip
    result = run("test", folder, "--json")
    assert result.exit_code == 2
    assert len(lines(result)) == 1
    assert "r/c.tests.yml" in result.stderr
    assert "r/d.tests.yml" in result.stderr


def test_no_tests_are_something_found_wrong() -> None:
    """A folder without tests is not a folder whose tests pass."""
    result = run("test", write(a=RULE))
    assert result.exit_code == 1
    assert "no tests were found" in result.stderr


LISTS = [
    ([], {"Account Made", "Many Accounts", "Other"}),
    (["--level", "high"], {"Many Accounts"}),
    (["--level", "high", "--level", "low"], {"Account Made", "Many Accounts"}),
    (["--product", "Windows"], {"Account Made"}),
    (["--tag", "attack.t1136"], {"Account Made"}),
    (["--tag", "attack.T1136.001"], {"Account Made"}),
    (["--tag", "attack.t11"], set()),
]


@pytest.mark.parametrize(("words", "titles"), LISTS, ids=[" ".join(row[0]) for row in LISTS])
def test_list_filters(words: list[str], titles: set[str]) -> None:
    """A list holds rules and correlations in force that every filter lets through."""
    other = RULE.replace("0001", "0005").replace("Account Made", "Other").replace("low", "medium")
    other = other.replace("windows", "linux").replace("service: security", "service: auth")
    other = other.replace("tags: [attack.persistence, attack.t1136.001]\n", "")
    other = other.replace("name: made\n", "")
    folder = write(a=RULE, b=CORRELATION, c=other)
    result = run("list", "--rules", folder, *words, "--json")
    assert result.exit_code == 0
    assert {line["title"] for line in lines(result)} == titles


def test_list_says_what_each_is() -> None:
    """A line has id, level, kind, log source, tests and place; the table shows the same."""
    folder = write(a=RULE, a__tests=TESTS % 1, b=CORRELATION)
    rule, correlation = lines(run("list", "--rules", folder, "--json"))
    assert rule["logsource"] == {"product": "windows", "service": "security"}
    assert (rule["kind"], rule["tests"], rule["file"]) == ("rule", True, "r/a.yml")
    assert (correlation["kind"], correlation["tests"]) == ("event_count", False)
    assert "windows security" in run("list", "--rules", folder).stdout


def test_list_of_the_quarantine() -> None:
    """What is not used is listed with its reason, alone if asked for, and not under a filter."""
    folder = write(a=RULE, d=BROKEN)
    result = run("list", "--rules", folder, "--quarantined", "--json")
    assert result.exit_code == 1
    (problem,) = lines(result)
    assert (problem["file"], problem["line"]) == ("r/d.yml", 8)
    assert "sideways" in str(problem["message"]).lower()
    whole = lines(run("list", "--rules", folder, "--json"))
    assert [line["quarantined"] for line in whole] == [False, True]
    assert [line["quarantined"] for line in lines(run("list", "--rules", folder, "--level", "low",
                                                      "--json"))] == [False]  # fmt: skip
    table = run("list", "--rules", folder)
    assert table.exit_code == 0
    assert "1 in force, 1 in quarantine" in table.stdout


def test_our_own_rules_are_sound() -> None:
    """The rules that ship with Saqshy pass the lint and their tests."""
    assert run("check").exit_code == 0
    assert run("test").exit_code == 0
