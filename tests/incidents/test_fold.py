"""Findings folded into incidents: joining, opening, revisions, merging, retraction."""

from collections.abc import Sequence

import pytest

from pipeline.incidents import ROW_TYPES, Fold, Revised, revision_hash
from pipeline.incidents.fold import MOST_HIDDEN
from pipeline.incidents.standing import HELD_PER_RULE
from pipeline.model import (
    NANOSECONDS,
    Assessment,
    Finding,
    IncidentState,
    Labels,
    RuleRef,
    Tri,
)
from pipeline.model.rows import Rows

HOUR = 3600 * NANOSECONDS
BASE = 1_772_424_000 * NANOSECONDS


def judged(_object: str, findings: Sequence[Finding], _at: int) -> Assessment:
    """Judge yes when any finding says failure; the rest is of no matter to the fold."""
    failures = {finding.labels.failure for finding in findings}
    verdict = Tri.YES if Tri.YES in failures else Tri.UNKNOWN
    return Assessment(
        is_incident=verdict,
        predicate={},
        occurrence="single",
        acts={},
        intent="unknown",
        origin="unknown",
        reality="unknown",
        rsit="",
        attack=(),
        impact={},
        scope="domestic",
        aims=(),
        severity="1",
        priority="1",
        route=(),
        basis={},
        versions={},
    )


def found(
    name: str,
    hours: float,
    *,
    failure: Tri = Tri.YES,
    kind: str = "a",
    revision: int = 1,
    **more: object,
) -> Finding:
    """Make a finding at an hour of the story, of a kind that is its fold key."""
    at = BASE + int(hours * HOUR)
    values: dict[str, object] = {
        "id": name,
        "revision": revision,
        "kind": "rule",
        "rule": RuleRef("r", "R", "high", "h"),
        "object_id": "o",
        "first_event_at": at,
        "last_event_at": at,
        "event_ids": ("e",),
        "event_count": 1,
        "group": {},
        "labels": Labels(failure=failure, rsit=kind),
        "fields": {},
        **more,
    }
    return Finding(**values)  # type: ignore[arg-type]


FOLD = Fold(key=lambda finding: finding.labels.rsit, join_within=6 * HOUR, assess=judged)


def run(batches: Sequence[Sequence[Finding]]) -> list[list[Revised]]:
    """Run batches through one state, an hour of receive time apart."""
    state = Rows("o", ROW_TYPES, {})
    return [FOLD.step(state, batch, BASE + n * HOUR) for n, batch in enumerate(batches)]


def test_one_kind_within_reach_is_one_incident() -> None:
    """Findings of one kind within reach join; a batch gives one revision."""
    first, second = run([[found("f1", 0), found("f2", 1)], [found("f3", 2)]])
    assert [item.incident.revision for item in (*first, *second)] == [1, 2]
    assert first[0].incident.id == second[0].incident.id
    assert second[0].incident.finding_ids == ("f1", "f2", "f3")
    assert second[0].incident.event_count == 3


@pytest.mark.parametrize(
    ("later", "incidents"),
    [
        pytest.param(found("f2", 5), 1, id="within-reach"),
        pytest.param(found("f2", 7), 2, id="beyond-reach"),
        pytest.param(found("f2", 1, kind="b"), 2, id="another-kind"),
    ],
)
def test_what_opens_an_incident_of_its_own(later: Finding, incidents: int) -> None:
    """Another kind, or the same beyond the pack's reach, opens an incident of its own."""
    batches = run([[found("f1", 0)], [later]])
    assert len({item.incident.id for batch in batches for item in batch}) == incidents


def test_an_amended_finding_gives_a_revision_and_no_second_incident() -> None:
    """A finding's new revision replaces the old one in its incident."""
    _, (second,) = run([[found("f1", 0)], [found("f1", 0, revision=2, event_count=9)]])
    assert (second.incident.revision, second.incident.event_count) == (2, 9)


def test_a_candidate_becomes_an_incident_when_the_verdict_does() -> None:
    """An unknown verdict is a candidate; opened_at is when the verdict first became yes."""
    (first,), (second,) = run([[found("f1", 0, failure=Tri.UNKNOWN)], [found("f2", 1)]])
    assert first.incident.state is IncidentState.CANDIDATE
    assert second.incident.state is IncidentState.NEW
    assert second.incident.opened_at == BASE + HOUR
    assert second.previous == first.incident


def test_a_retracted_finding_leaves_and_the_verdict_falls() -> None:
    """When its only finding is refuted the incident is no incident any more, and says so."""
    _, (second,) = run([[found("f1", 0)], [found("f1", 0, revision=2, retracted=True)]])
    assert second.incident.assessment.is_incident is Tri.NO
    assert (second.incident.state, second.incident.finding_ids) == (IncidentState.CANDIDATE, ())


def test_a_finding_that_reaches_two_incidents_merges_the_later() -> None:
    """A late finding between two incidents joins the earlier; the later is merged into it."""
    *_, last = run([[found("f1", 0)], [found("f2", 11)], [found("f3", 5.5)]])
    kept, gone = last
    assert kept.incident.finding_ids == ("f1", "f3", "f2")
    assert (gone.incident.state, gone.incident.merged_into) == (
        IncidentState.MERGED,
        kept.incident.id,
    )


def test_a_merged_incident_takes_no_more_findings() -> None:
    """What comes after a merge joins the incident that stands."""
    *_, (last,) = run([[found("f1", 0)], [found("f2", 11)], [found("f3", 5.5)], [found("f4", 12)]])
    assert last.incident.finding_ids == ("f1", "f3", "f2", "f4")


def test_revisions_are_linked_by_hash() -> None:
    """Each revision names the hash of the one before, and its own hash verifies."""
    (first,), (second,) = run([[found("f1", 0)], [found("f2", 1)]])
    assert second.incident.previous_hash == first.incident.hash
    assert revision_hash(second.incident) == second.incident.hash


def test_state_survives_storage() -> None:
    """Rows written to bytes and read again give the same next revision."""
    state = Rows("o", ROW_TYPES, {})
    FOLD.step(state, [found("f1", 0)], BASE)
    stored = {key: row for key, row in state.changes().items() if row is not None}
    again = FOLD.step(Rows("o", ROW_TYPES, stored), [found("f2", 1)], BASE + HOUR)
    assert again == FOLD.step(state, [found("f2", 1)], BASE + HOUR)


def test_the_incident_that_was_opened_first_stands() -> None:
    """Also when the finding that bridges two is held by the later one, the earlier one stands."""
    (first,), _, last = run(
        [
            [found("f1", 0)],
            [found("f2", 11)],
            [found("f2", 5, revision=2, last_event_at=BASE + 11 * HOUR, event_count=2)],
        ]
    )
    kept, gone = last
    assert kept.incident.id == first.incident.id
    assert gone.incident.merged_into == first.incident.id


def test_a_flood_of_findings_is_counted_and_not_held() -> None:
    """Of one rule a bounded number of findings is named; all are counted, another rule holds."""
    flood = [found(f"f{n:05d}", n / 10_000) for n in range(500)]
    ((revised,),) = run([[*flood, found("other", 1, rule=RuleRef("q", "Q", "high", "h"))]])
    incident = revised.incident
    assert (incident.finding_count, incident.event_count) == (501, 501)
    assert len(incident.finding_ids) == HELD_PER_RULE + 1
    assert "other" in incident.finding_ids


def hidden(name: str, hours: float, *, revision: int = 1) -> Finding:
    """Make a finding under a silence, of which nothing is known to be a failure."""
    return found(name, hours, failure=Tri.UNKNOWN, revision=revision, suppressed="s1")


def test_findings_under_a_silence_open_nothing_and_are_there_when_it_matters() -> None:
    """What a silence hides makes no revision; a finding it does not cover opens with all of it."""
    state = Rows("o", ROW_TYPES, {})
    assert FOLD.step(state, [hidden("f1", 0)], BASE) == []
    assert FOLD.step(state, [hidden("f1", 0, revision=2)], BASE + 1) == []
    (opened,) = FOLD.step(state, [found("f2", 1, failure=Tri.UNKNOWN)], BASE + HOUR)
    assert opened.previous is None
    assert opened.incident.revision == 1
    assert opened.incident.finding_ids == ("f1", "f2")
    assert opened.incident.opened_at == BASE + HOUR


def test_a_hidden_finding_that_is_retracted_was_never_told() -> None:
    """Nobody learns of a hidden finding by its retraction, and nothing of it stays."""
    state = Rows("o", ROW_TYPES, {})
    FOLD.step(state, [hidden("f1", 0), hidden("f2", 0.1)], BASE)
    gone = found("f1", 0, failure=Tri.UNKNOWN, revision=2, retracted=True)
    assert FOLD.step(state, [gone], BASE + 1) == []
    other = found("f2", 0.1, failure=Tri.UNKNOWN, revision=2, retracted=True)
    assert FOLD.step(state, [other], BASE + 2) == []
    assert state.count("incident") == 0


def test_a_silence_holds_no_revision_of_a_legal_incident_back() -> None:
    """An incident whose verdict is yes is revised by findings under a silence as by any other."""
    state = Rows("o", ROW_TYPES, {})
    FOLD.step(state, [found("f1", 0)], BASE)
    (revised,) = FOLD.step(state, [hidden("f2", 1)], BASE + HOUR)
    assert (revised.incident.revision, revised.incident.finding_count) == (2, 2)


def test_a_hidden_finding_that_joins_two_incidents_merges_them() -> None:
    """Merging is told: the one that ends, and the one that takes over."""
    state = Rows("o", ROW_TYPES, {})
    apart = 9.0
    FOLD.step(state, [found("f1", 0, failure=Tri.UNKNOWN)], BASE)
    FOLD.step(state, [found("f2", apart, failure=Tri.UNKNOWN)], BASE + 1)
    kept, ended = FOLD.step(state, [hidden("f3", apart / 2)], BASE + 2)
    assert kept.incident.finding_ids == ("f1", "f3", "f2")
    assert ended.incident.state is IncidentState.MERGED


def test_hidden_incidents_are_bounded() -> None:
    """A silence over a long noise keeps so many hidden incidents and lets the oldest go."""
    state = Rows("o", ROW_TYPES, {})
    for number in range(MOST_HIDDEN + 5):
        hours = number * 18.0
        assert FOLD.step(state, [hidden(f"f{number}", hours)], BASE + number) == []
    assert state.count("incident") == MOST_HIDDEN
