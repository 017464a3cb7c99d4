"""Closed incidents as cases: what is written, and what never is."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from pipeline.content import Content, load_content
from pipeline.errors import StoreError
from pipeline.model import Incident
from pipeline.runtime.replayable import GONE, MARKED, WITHOUT_RULE, ReplayCase, replay_case
from tests.runtime.acts import act, broken_into, history, quick
from tests.runtime.centre import Centre


def open_texts(_texts: Iterable[str]) -> bool:
    """Find no mark."""
    return False


def rules_of(here: Centre) -> Content:
    """Give the rules in force."""
    settings = here.system.settings.content
    return load_content(settings.paths, settings.cache)


def written(here: Centre, incident: Incident, **changes: object) -> ReplayCase:
    """Gather the case of an incident, its last revision changed."""
    last = replace(history(here, incident)[-1], **changes)  # type: ignore[arg-type]  # by name
    return replay_case(here.system.stores, [last], rules_of(here), open_texts)


def made_of(case: ReplayCase) -> list[dict[str, object]]:
    """Give every test of a case."""
    names = [name for name in case.files if name.endswith(".tests.yml")]
    return [one for name in names for one in yaml.safe_load(case.files[name])["tests"]]


@pytest.mark.parametrize(("verdict", "fires"), [("true", True), ("benign", True), ("false", False)])
def test_a_verdict_says_whether_its_rules_must_fire(
    tmp_path: Path, verdict: str, fires: bool
) -> None:
    """What happened must be seen, permitted or not; what did not must not."""
    with quick(tmp_path) as here:
        incident = broken_into(here)
        act(here, "close", incident, verdict=verdict)
        case = written(here, incident)
    assert {one["expected"] for one in case.rules} == {"fires" if fires else "does not fire"}
    assert all((int(str(one["hits"])) > 0) == fires for one in made_of(case))
    assert case.left_out == []
    assert {one["rule"] for one in case.rules} == {one["rule"] for one in made_of(case)}


def test_guarded_content_is_never_written(tmp_path: Path) -> None:
    """An incident whose content the guard holds gives no case; a marked record is left out."""
    with quick(tmp_path) as here:
        incident = broken_into(here)
        act(here, "close", incident, verdict="true")
        last = history(here, incident)[-1]
        with pytest.raises(StoreError, match="guarded"):
            written(here, incident, assessment=replace(last.assessment, guard="stub"))
        case = replay_case(here.system.stores, [last], rules_of(here), lambda _texts: True)
        assert made_of(case) == []
        assert {one["why"] for one in case.left_out} == {MARKED}


def test_what_is_no_more_is_told(tmp_path: Path) -> None:
    """Records that the journal lost and rules that are gone stand in the list, each with why."""
    with quick(tmp_path) as here:
        incident = broken_into(here)
        act(here, "close", incident, verdict="true")
        stores = here.system.stores
        finding = stores.incidents.finding(incident.finding_ids[0])
        assert finding is not None
        batch_id = finding.event_ids[0].rpartition("-")[0]
        gone = replace(finding, revision=9, event_ids=(f"{'0' * 32}-0", f"{batch_id}-999"))
        stores.incidents.put_findings([gone])
        told = written(here, incident)
        assert [one["why"] for one in told.left_out] == [GONE, GONE]
        other = replace(gone, revision=10, rule=replace(gone.rule, id="saqshy.silent-source"))
        stores.incidents.put_findings([other])
        left = written(here, incident).left_out
        assert {"rule": "saqshy.silent-source", "why": WITHOUT_RULE} in left
