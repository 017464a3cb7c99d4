"""`saqshy incidents show --why`: norm, fact and rule, in three languages, for any day."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from pipeline.model import rfc3339
from pipeline.runtime.cli.app import app
from pipeline.runtime.cli.incidents_show import NEWEST
from tests.runtime.acts import act, broken_into, history, quick
from tests.runtime.centre import AT, Centre, centre, entry, failures, prepare

OLD, NEW = "failure in the infrastructure", "breakdown of the infrastructure"
HOUR = 3600 * 10**9


def saqshy(folder: Path, *words: str, wide: str = "300") -> Result:
    """Run a command over a centre's settings."""
    given = [*words, "--config", str(folder / "saqshy.yml")]
    return CliRunner().invoke(app, given, env={"COLUMNS": wide})


def why(folder: Path, *words: str) -> dict[str, Any]:
    """Ask for the explanation of the store's only incident as JSON."""
    result = saqshy(folder, "incidents", "show", "", "--why", "--json", *words)
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = orjson.loads(result.stdout)
    return found


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a store with one incident: sprayed and entered, then again under a changed pack."""
    folder = tmp_path_factory.mktemp("attacked")
    with centre(folder) as made:
        _spray(made, 40)
    pack = folder / "law" / "kz" / "predicate.yml"
    pack.write_text(pack.read_text("utf-8").replace(OLD, NEW), "utf-8")
    with centre(folder, AT + HOUR) as made:
        _spray(made, 46)
    return folder


def _spray(made: Centre, minute: int) -> None:
    made.take([*failures(minute), entry(minute)])
    made.tick(10)


def _values(found: dict[str, Any], section: str) -> dict[str, dict[str, str]]:
    return {one["element"]: one for one in found["explanation"] if one["section"] == section}


def test_a_revision_is_explained_by_norm_fact_and_rule(attacked: Path) -> None:
    """Each limb has reason and article, each fact its rule, each recipient a term and a notice."""
    found = why(attacked)
    limbs = _values(found, "limb")
    assert set(limbs) >= {"failure", "functioning_threat", "harms.obtain"}
    assert all(one["reason"] and one["basis"].startswith("kz-418-V/") for one in limbs.values())
    assert found["facts"]
    for fact in found["facts"]:
        assert fact["rule"]["title"]
        assert fact["event_count"] >= 1
        assert fact["evidence"]
        assert fact["first_event_at"] <= fact["last_event_at"]
    told = {one["role"] for one in found["notices"] if one["leg"] not in ("reminder", "page")}
    assert told <= {one["element"] for one in found["explanation"] if one["section"] == "route"}
    assert all(one["basis"] for one in found["terms"])
    assert {"pack", "labels", "content", "registry", "regime"} <= set(_values(found, "version"))


def test_each_revision_is_explained_by_the_pack_that_judged_it(attacked: Path) -> None:
    """The first revision has the words of the pack of its day, also after the pack has changed."""
    last = why(attacked)
    first = why(attacked, "--revision", "1")
    assert _values(first, "limb")["failure"]["subject"] == OLD
    assert _values(last, "limb")["failure"]["subject"] == NEW
    assert (
        first["incident"]["assessment"]["versions"]["pack"]
        != last["incident"]["assessment"]["versions"]["pack"]
    )
    assert first["revisions"] == last["revisions"]


def test_a_day_in_the_past_is_explained_as_it_was_known(attacked: Path) -> None:
    """At an instant that revision counts which was in force, and no later notice or receipt."""
    revisions = why(attacked)["revisions"]
    then = why(attacked, "--at", revisions[0]["at"])
    assert then["incident"]["revision"] == 1
    assert len(then["revisions"]) == 1
    assert all(one["created_at"] <= revisions[0]["at"] for one in then["notices"])
    assert all(one["receipt"] is None or one["receipt"]["received_at"] <= revisions[0]["at"]
               for one in then["notices"])  # fmt: skip
    assert why(attacked, "--at", "2026-03-02")["incident"]["revision"] == len(revisions)
    early = saqshy(attacked, "incidents", "show", "", "--why", "--at", rfc3339(AT - 99 * HOUR))
    assert early.exit_code == 1
    assert "no such revision" in early.stderr


@pytest.mark.parametrize(
    ("language", "word", "because"),
    [
        ("kk", "іркіліс", "көрсеткен:"),
        ("ru", "сбой", "показано:"),
        ("en", NEW, "shown by"),
    ],
)
def test_it_is_told_in_three_languages(
    attacked: Path, language: str, word: str, because: str
) -> None:
    """The tables speak the language asked for, with the words of the law's glossary."""
    result = saqshy(attacked, "incidents", "show", "", "--why", "--language", language)
    assert result.exit_code == 0, result.stderr
    assert word in result.stdout
    assert because in result.stdout


def test_without_why_it_shows_the_history(attacked: Path) -> None:
    """The plain command lists the revisions, as a table and as JSON."""
    plain = saqshy(attacked, "incidents", "show", "")
    assert "notices: saqshy notices list" in plain.stderr
    lines = saqshy(attacked, "incidents", "show", "", "--json").stdout.splitlines()
    assert [orjson.loads(line)["revision"] for line in lines] == [*range(1, len(lines) + 1)]


def test_of_a_long_history_the_newest_is_shown(tmp_path: Path) -> None:
    """The table holds the newest revisions and tells how many it hides; --all and --json do not."""
    with quick(tmp_path) as made:
        incident = broken_into(made)
        for number in range(NEWEST + 3):
            act(made, "note", incident, text=f"note {number}")
        last = len(history(made, incident))
    short = saqshy(tmp_path, "incidents", "show", incident.id)
    assert f"{last - NEWEST} older revision(s) are not shown" in short.stderr
    assert _numbers(short) == [*range(last - NEWEST + 1, last + 1)]
    whole = saqshy(tmp_path, "incidents", "show", incident.id, "--all")
    assert "not shown" not in whole.stderr
    assert _numbers(whole) == [*range(1, last + 1)]
    lines = saqshy(tmp_path, "incidents", "show", incident.id, "--json").stdout.splitlines()
    assert len(lines) == last


def _numbers(shown: Result) -> list[int]:
    found = re.findall(r"^\W*(\d+)\W+\d{4}-", shown.stdout, re.MULTILINE)
    return [int(number) for number in found]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--language", "de"], 2, "no language 'de'"),
        (["--revision", "1", "--at", "2026-03-02"], 2, "a revision and a time"),
        (["--at", "yesterday"], 2, "neither a date nor a time"),
        (["--revision", "99"], 1, "no such revision"),
    ],
    ids=["language", "both", "time", "revision"],
)
def test_what_cannot_be_asked_is_told(
    attacked: Path, words: list[str], code: int, said: str
) -> None:
    """A wrong question ends with the code for it and the way out."""
    result = saqshy(attacked, "incidents", "show", "", "--why", *words)
    assert result.exit_code == code
    assert said in result.stderr


def test_hostile_titles_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    """Control characters of a rule's title reach no terminal."""
    prepare(tmp_path)
    rule = tmp_path / "correlation" / "password_spraying.yml"
    text = rule.read_text("utf-8")
    title = text.partition("title: ")[2].partition("\n")[0]
    rule.write_text(text.replace(title, '"Evil \\u001b[31m title"', 1), "utf-8")
    with centre(tmp_path) as made:
        _spray(made, 40)
    shown = saqshy(tmp_path, "incidents", "show", "", "--why").stdout
    assert "\x1b[31m" not in shown
    assert "Evil \\x1b[31m" in shown
