"""Reports that a person brings about: on request, and of what still goes on (NIS2 23(4))."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.audit import Discrepancy
from pipeline.incidents import revision_hash
from pipeline.model import Incident, Notice, Tri
from pipeline.runtime.cli.app import app
from tests.audit.runs import found
from tests.runtime.acts import LEAD, PATHS, act, broken_into, history, last, latest, refusals
from tests.runtime.centre import AT, Centre, centre, prepare

HOUR = 3600 * 10**9
CSIRT = """
  - id: eu-csirt
    names: {kk: CSIRT тобы, ru: группа CSIRT, en: the CSIRT}
    roles: [csirt]
    language: en
"""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Centre]:
    """Give a centre under the second pack, whose bank is an essential entity."""
    content = {"paths": PATHS, "taxonomy": "taxonomies/sigma", "cache": "cache"}
    changes: dict[str, Any] = {"content": content, "law": {"pack": "law/nis2"}}
    prepare(tmp_path, **changes)
    objects = tmp_path / "objects" / "objects.yml"
    text = objects.read_text("utf-8")
    code = "    code: BANK-01\n"
    objects.write_text(text.replace(code, f"{code}    classes: [essential]\n"), "utf-8")
    parties = tmp_path / "objects" / "parties.yml"
    text = parties.read_text("utf-8")
    parties.write_text(text.replace("\nparties:\n", f"\nparties:{CSIRT}"), "utf-8")
    with centre(tmp_path, **changes) as made:
        yield made


def sent(here: Centre, leg: str) -> list[Notice]:
    """Give the notices of a leg."""
    return [one for one in here.notices() if one.leg == leg]


def announced(here: Centre) -> Incident:
    """Have the bank broken into, and decide that it is an incident."""
    incident = entered(here)
    if incident.assessment.is_incident is not Tri.YES:
        act(here, "decide", incident, says={"is_incident": "yes"})
    return last(here, incident)


def entered(here: Centre) -> Incident:
    """Have the bank's gateway broken into; give what became of it."""
    try:
        return broken_into(here)
    except ValueError:
        return latest(here)[0]


def amiss(here: Centre) -> list[Discrepancy]:
    """Give what the auditor finds once everything due was delivered."""
    while here.system.dispatcher.run_due():
        pass
    return found(here.folder / "saqshy.db", here.clock.now())


def test_who_asks_gets_a_report_of_what_is_known(here: Centre) -> None:
    """A request is a revision; its report goes to who asked, due as the pack says, once a request.

    eu-2022-2555/23(4)(c).
    """
    incident = announced(here)
    for number in (1, 2):
        act(here, "report", incident, kind="request", by="csirt")
        report = sent(here, "intermediate")[-1]
        assert (report.kind, report.recipient.role) == ("request", "csirt")
        assert report.due_at == here.clock.now() + 24 * HOUR
        assert len(sent(here, "intermediate")) == number
    asked = last(here, incident)
    assert asked.asked == {"csirt": here.clock.now()}
    assert asked.hash == revision_hash(asked)
    assert asked.entry == {"kind": "request", "to": ["csirt"]}
    assert report.payload["text"][0]["language"] == "en"
    assert "as it was asked to" in report.payload["text"][0]["body"]
    assert amiss(here) == []


def test_how_far_it_is_is_told_while_it_goes_on(here: Centre) -> None:
    """A report of progress goes to those to whom the pack owes it, and not once it is closed."""
    incident = announced(here)
    act(here, "report", incident, kind="progress")
    (report,) = sent(here, "progress")
    assert (report.kind, report.basis) == ("progress", "eu-2022-2555/23(4)(e)")
    assert amiss(here) == []
    act(here, "close", incident, verdict="true")
    act(here, "report", incident, kind="progress")
    assert len(sent(here, "progress")) == 1
    assert "nothing goes on" in str(refusals(here)[-1].detail["problems"])
    assert amiss(here) == []


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ({"kind": "request", "by": "holder"}, "the law pack owes no report"),
        ({"kind": "request", "by": "competent_authority"}, "route names no competent_authority"),
        ({"kind": "request"}, "which role asked"),
        ({"kind": "progress", "by": "csirt"}, "which role asked"),
    ],
    ids=["no-such-leg", "not-told", "nobody", "progress-asked"],
)
def test_what_nobody_owes_is_refused(here: Centre, detail: dict[str, str], said: str) -> None:
    """What the pack does not owe, or not to that role, changes nothing and is told."""
    incident = announced(here)
    before = len(history(here, incident))
    act(here, "report", incident, **detail)
    assert len(history(here, incident)) == before
    assert said in str(refusals(here)[-1].detail["problems"])


def test_the_command_leaves_the_request(here: Centre, tmp_path: Path) -> None:
    """The command names who asked; it waits in the spool folder, and gives the report when read."""
    incident = announced(here)
    words = ["incidents", "request-report", incident.id, "--by", "csirt", "--as", f"{LEAD}/a.serik",
             "--reason", "their letter 17", "--wait", "0"]  # fmt: skip
    done = CliRunner().invoke(app, [*words, "--config", str(tmp_path / "saqshy.yml")])
    assert done.exit_code == 1, done.output  # it waits: no system takes it in this test
    assert "waits" in done.stderr
    here.clock.advance_to(AT + HOUR)
    assert here.system.runtime.inbox.take() == 1
    here.drain()
    assert len(sent(here, "intermediate")) == 1
