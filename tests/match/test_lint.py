"""What the linter tells of rules, and where."""

from typing import Any

import pytest

from pipeline.match.lint import Doubt, Linter
from tests.match.material import content_of, rule_text, taxonomy
from tests.match.sigmahq import RULE_FOLDERS, RULES, unpack

BASE: dict[str, Any] = {
    "level": "low",
    "status": "test",
    "logsource": {"product": "windows", "category": "process_creation"},
}


def lint(*texts: str) -> list[Doubt]:
    return Linter(content_of(*texts), taxonomy())()


def text(selection: dict[str, Any], condition: str = "s", **more: Any) -> str:
    return rule_text({"s": selection, "condition": condition}, **{**BASE, **more})


def other(number: int, **more: Any) -> str:
    """Write one of several rules that read the same field."""
    name = f"00000000-0000-4000-8000-0000000001{number:02}"
    return text({"ImageNote": "x"}, title=f"Rule {number}", id=name, **more)


def test_a_sound_rule_is_not_doubted() -> None:
    """A rule with all that the lint asks for gives nothing."""
    assert lint(text({"Image": "x"}, tags=["attack.t1059.001", "attack.execution"])) == []


DOUBTS = [
    ("no_level", text({"Image": "x"}, level=None), 1, ""),
    ("no_status", text({"Image": "x"}, status=None), 1, ""),
    ("bad_attack_tag", text({"Image": "x"}, tags=["attack.t159", "attack.g0016"]), None, ""),
    ("bad_attack_tag", text({"Image": "x"}, tags=["attack.defense_evasion"]), None,
     "did you mean 'attack.defense-evasion'?"),
    ("unreached_log_source",
     text({"Image": "x"}, logsource={"product": "windows", "category": "proces_creation"}),
     None, "did you mean 'process_creation'?"),
    ("unknown_field", text({"CommandLin": "x"}), None, "did you mean 'CommandLine'?"),
    ("never_matches", text({"Image": "x"}, "s and not s"), None, ""),
    ("never_matches",
     text({"Channel": "System"}, logsource={"product": "windows", "service": "security"}), None,
     "mend its log source, or what it asks"),
    ("asked_always", text({"Image": None}), None, "add a selection that an event must show"),
    ("asked_always", text({"Image": "x"}, "not s"), None, ""),
    ("quarantined", text({"Image|sideways": "x"}), None, ""),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "rule", "line", "way_out"), DOUBTS)
def test_doubts(kind: str, rule: str, line: int | None, way_out: str) -> None:
    """What is broken or doubtful is told by kind, with its line and, where known, a way out."""
    rule = rule.replace("level: null\n", "").replace("status: null\n", "")
    (doubt,) = lint(rule)
    assert doubt.kind == kind
    assert doubt.problem.file == "0.yml"
    assert doubt.problem.line >= 1
    assert line in (None, doubt.problem.line)
    assert way_out in doubt.problem.way_out


def test_the_line_is_that_of_the_part() -> None:
    """A misspelt field is told at its own line, also in the second document of a file."""
    first, second = text({"Image": "x"}), text(
        {"Image": "x", "CommandLin|contains": "y"}, title="B",
        id="00000000-0000-4000-8000-000000000002",
    )  # fmt: skip
    whole = f"{first}---\n{second}"
    (doubt,) = lint(whole)
    assert "CommandLin|contains" in whole.splitlines()[doubt.problem.line - 1]


def test_equal_titles_are_told_once() -> None:
    """Of two rules with one title, case aside, the later is told with the place of the first."""
    name = "00000000-0000-4000-8000-000000000002"
    (doubt,) = lint(text({"Image": "x"}), text({"Image": "y"}, title="A RULE", id=name))
    assert (doubt.kind, doubt.problem.file) == ("duplicate_title", "1.yml")
    assert "0.yml:" in doubt.problem.message


def test_a_field_that_others_read_is_known() -> None:
    """A field that no vocabulary lists is known where several rules of its log source read it."""
    last = text({"ImageNotes": "x"}, title="Last")
    assert lint(other(1), other(2), last) == []
    found = lint(other(1), other(2), other(3), last)
    assert [doubt.kind for doubt in found] == ["unknown_field"]


def test_a_name_of_its_own_is_no_doubt() -> None:
    """A vendor's field that looks like no known one is left alone."""
    assert lint(text({"QuantumState": "x"})) == []


def test_only_the_files_asked_for_are_told() -> None:
    """Doubts of other files are left out, and a title is compared with theirs all the same."""
    name = "00000000-0000-4000-8000-000000000002"
    content = content_of(text({"CommandLin": "x"}), text({"Image": "y"}, id=name))
    found = Linter(content, taxonomy())(frozenset({"1.yml"}))
    assert [doubt.kind for doubt in found] == ["duplicate_title"]


def test_a_regex_that_cannot_run_in_linear_time_is_told() -> None:
    """A look-around is told at its rule: it never runs."""
    (doubt,) = lint(text({"Image|re": "(?<=a)b"}))
    assert doubt.kind == "quarantined"


@pytest.mark.slow
def test_the_corpus_is_hardly_doubted(tmp_path: Any) -> None:
    """Of SigmaHQ's rules no more than a few in a hundred are doubted, and each by a known kind."""
    from pipeline.content import load_content

    folder = unpack(RULES, tmp_path)
    content = load_content([folder / name for name in RULE_FOLDERS if name != "rules"], None)
    found = Linter(content, taxonomy())()
    kinds = {doubt.kind for doubt in found}
    assert kinds <= {"quarantined", "unknown_field", "unreached_log_source", "asked_always"}
    assert len(found) < len(content.rules) / 20
