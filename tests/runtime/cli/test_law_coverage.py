"""`saqshy law coverage`."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.runtime.cli.app import app

BROKEN = """\
instrument: kz-1
digest: a.md
parts:
  - heading: One
    rows:
      - norm: 1(1)
        requirement: Something is to be done.
        status: done
        code: [pipeline.runtime.norms:references]
        test: [tests/runtime/test_norms.py::test_that_never_was]
    left_out:
      - {norm: 2, reason: nothing follows}
"""


def run(*arguments: str) -> tuple[int, list[Any], str]:
    result = CliRunner().invoke(app, ["law", "coverage", "--json", *arguments])
    return (
        result.exit_code,
        [json.loads(line) for line in result.stdout.splitlines()],
        result.stderr,
    )


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "instruments.yml").write_text(
        "instruments:\n  - {id: kz-1, name: A law, digest: a.md}\n", encoding="utf-8"
    )
    (tmp_path / "one.yml").write_text(BROKEN, encoding="utf-8")
    return tmp_path


def test_rows_are_chosen_by_law_norm_and_status() -> None:
    """Each filter lets through only what it names; a norm stands for what is beneath it."""
    _, (*rows, _), _ = run("--law", "418", "--norm", "7-2(1)", "--status", "done")
    assert rows
    assert {row["status"] for row in rows} == {"done"}
    assert all(any(norm.startswith("kz-418-V/7-2(1)") for norm in row["norms"]) for row in rows)


def test_a_norm_may_name_its_instrument() -> None:
    """``kz-527-IV/27`` is article 27 of that law alone."""
    _, (*rows, _), _ = run("--norm", "kz-527-IV/27")
    assert [row["norms"] for row in rows] == [["kz-527-IV/27"]]


def test_a_row_says_requirement_code_and_test() -> None:
    """A row has norm, requirement, status, code, test and where in the digest it is read."""
    _, (*rows, summary), _ = run("--norm", "kz-418-V/7-2(1)(2)", "--status", "done")
    assert {
        "norms",
        "requirement",
        "status",
        "code",
        "test",
        "digest",
        "heading",
        "file",
        "line",
    } <= (set(rows[0]))
    assert summary["summary"]["kz-418-V"]["done"] == len(rows)


def test_a_broken_row_is_told_and_ends_with_one(table: Path) -> None:
    """A row that names a test which does not exist is told with its line, exit code 1."""
    code, (*_, summary), message = run("--table", str(table))
    assert code == 1
    (told,) = summary["broken"]
    assert told.startswith(f"{table.name}/one.yml:6: tests/runtime/test_norms.py::test_that_never")
    assert "has no such test" in told
    assert "1 row(s) name what is not there" in message


def test_what_is_left_out_is_shown_on_request(table: Path) -> None:
    """Norms that ask nothing are listed with their reason where that is asked for."""
    _, found, _ = run("--table", str(table), "--left-out")
    assert {"norms": ["kz-1/2"], "status": "left_out", "reason": "nothing follows"} in found
    _, found, _ = run("--table", str(table))
    assert all(row.get("status") != "left_out" for row in found)


def test_an_unknown_law_is_wrong_usage() -> None:
    """A law that the table does not know ends with 2 and the known ones."""
    code, found, message = run("--law", "999")
    assert (code, found) == (2, [])
    assert "kz-418-V" in message


def test_the_table_of_labels_is_shown_on_request(tmp_path: Path) -> None:
    """With --techniques there are the labels of rules and of findings in records."""
    record = "<38>Nov 21 03:04:05 gw sshd[7]: Failed password for root from 203.0.113.9 port 5 ssh2"
    (tmp_path / "one.log").write_text(record + "\n", encoding="utf-8")
    code, found, _ = run("--techniques", "--events", str(tmp_path / "one.log"))
    assert code == 0
    assert [(one["of"], one.get("input")) for one in found] == [
        ("rules", None),
        ("findings", "one.log"),
    ]


def test_people_get_tables(table: Path) -> None:
    """Without --json there are tables of rows and of counts, and what is broken beside them."""
    result = CliRunner().invoke(app, ["law", "coverage", "--table", str(table), "--left-out"])
    assert "kz-1/1(1)" in result.stdout
    assert "Something is to be done." in result.stdout
    assert "rows by law and status" in result.stdout
    assert "nothing follows" in result.stdout
    assert "one.yml:6" in result.stderr
