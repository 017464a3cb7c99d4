"""What the table of labels answers over the rules in force, and over what they find."""

import tarfile
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from pipeline.assess import load_pack
from pipeline.assess.technique_coverage import Tally
from pipeline.content import load_content
from pipeline.match import load_taxonomy
from pipeline.model import NANOSECONDS
from pipeline.runtime.cli.app import app
from pipeline.runtime.cli.law_labels import FoundLabels
from pipeline.runtime.configuration import bundled
from tests.match.sigmahq import NATURAL, PROCESS, RULES, need, rule_files, unpack

EVTX = "evtx-cc0.tar.xz"
FAILED = [
    f"<86>1 2026-03-02T20:40:{second:02d}.000+05:00 gw sshd 9 - - "
    f"Failed password for invalid user u{second} from 203.0.113.45 port 40{second:02d} ssh2"
    for second in range(12)
]


def covered(*words: str) -> list[dict[str, object]]:
    """Run the command and read its lines."""
    result = CliRunner().invoke(app, ["law", "coverage", "--techniques", "--json", *words])
    assert result.exit_code == 0, result.stderr
    return [orjson.loads(line) for line in result.stdout.splitlines()]


def test_the_rules_in_force_are_counted_and_their_gaps_listed() -> None:
    """Every rule counts once; techniques without a row and rules without one are named."""
    (rules,) = covered()
    assert rules["of"] == "rules"
    assert rules["unmapped"] == {}
    answers = rules["answers"]
    assert isinstance(answers, dict)
    assert {sum(counted.values()) for counted in answers.values()} == {rules["total"]}


def test_findings_in_records_are_counted_by_their_own_outcome(tmp_path: Path) -> None:
    """Refused logons are found and counted as no failure."""
    log = tmp_path / "auth.log"
    log.write_text("\n".join(FAILED) + "\n", encoding="utf-8")
    _, found = covered("--events", str(log))
    assert found["input"] == "auth.log"
    answers = found["answers"]
    assert isinstance(answers, dict)
    assert answers["failure"].get("no", 0) >= 1
    assert answers["failure"].get("yes", 0) == 0


def test_for_people_it_is_a_table_of_shares() -> None:
    """The table shows yes, no and unknown with their shares, and who speaks for a rule."""
    result = CliRunner().invoke(app, ["law", "coverage", "--techniques"], env={"COLUMNS": "160"})
    assert result.exit_code == 0, result.stderr
    for words in ("functioning_threat", "who speaks for a rule", "carry no technique", " %)"):
        assert words in result.stdout


@pytest.mark.proof
def test_over_real_events_it_is_neither_all_yes_nor_all_unknown(tmp_path: Path) -> None:
    """Of what SigmaHQ's rules find in three sets of real events a third and more is answered.

    A set of attacks must show failures, and none of the sets may be nothing but them.
    """
    rules = rule_files(unpack(RULES, tmp_path / "rules"))
    content = load_content(rules, tmp_path / "cache")
    taxonomy = load_taxonomy(bundled("taxonomies") / "sigma")
    pack = load_pack(bundled("law") / "kz")
    evtx = sorted(unpack(EVTX, tmp_path / "evtx").rglob("*.evtx"))
    inputs = {"natural": [need(NATURAL)], "process": [need(PROCESS)], "evtx": evtx}
    tallies: dict[str, Tally] = {}
    for name, files in inputs.items():
        labels = FoundLabels(content, taxonomy, pack, 3600 * NANOSECONDS)
        tallies[name] = labels(name, files)[1]
    for name, tally in tallies.items():
        assert tally.total >= 80, name
        assert 0.15 < tally.share("failure", "yes") < 0.5, name
        assert tally.share("failure", "no") > 0.03, name
        assert tally.share("failure", "unknown") < 0.65, name


def test_the_archive_of_events_is_what_it_was() -> None:
    """The shared set holds the files that the counts were published for."""
    with tarfile.open(need(EVTX)) as archive:
        assert sum(member.name.endswith(".evtx") for member in archive) > 100
