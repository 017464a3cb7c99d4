"""What a batch says about its object stays small."""

import pytest

from pipeline.match.observing import MOST_KINDS, MOST_MATCHES, OTHER_KIND, Watch, kind_of
from pipeline.model import Match, RecordNote
from tests.match.material import batch, event, matcher_of, rule_text

RULE = rule_text({"s": {"A": "x"}, "condition": "s"})


def test_an_observation_says_what_was_seen() -> None:
    """Counts by kind, time range, matches in the events' order and the batch's position."""
    events = [
        event(
            {"A": "x"},
            time=7,
            index=0,
            ecs={"process": {"name": "plant"}, "event": {"dataset": "d", "code": "4"}},
        ),
        event({"A": "y"}, time=3, index=1, ecs={"event": {"dataset": "d", "code": "4"}}),
        event({"A": "z"}, time=5, index=2, ecs={"event": {"action": "go"}}),
    ]
    seen = matcher_of(RULE).observe(batch(3), events, [])
    assert seen.counts == {"d/4": 2, "json/go": 1}
    assert (seen.first_event_at, seen.last_event_at, seen.event_count) == (3, 7, 3)
    assert [match.event_id for match in seen.matches] == ["batch-0"]
    assert (seen.batch_id, seen.sequence, seen.previous, seen.received_at) == ("batch", 1, 0, 5)
    assert (seen.dropped, seen.failure_count) == (0, 0)


def test_an_empty_batch_is_observed() -> None:
    """A batch without events says its position and nothing else."""
    seen = matcher_of(RULE).observe(batch(0), [], [])
    assert (seen.event_count, seen.first_event_at, seen.counts, seen.matches) == (0, 0, {}, ())


def test_withheld_records_are_named() -> None:
    """Records whose content was not kept are named with the receive time; broken ones are not."""
    notes = [RecordNote(2, "withheld"), RecordNote(4, "suspected"), RecordNote(5, "corrupt")]
    seen = matcher_of(RULE).observe(batch(6, notes), [], [])
    assert seen.withheld == (("batch-2", 5, "withheld"), ("batch-4", 5, "suspected"))


def test_kinds_are_bounded() -> None:
    """Kinds beyond the bound are counted together."""
    events = [
        event({}, ecs={"event": {"dataset": "d", "code": str(number)}}) for number in range(1_000)
    ]
    counts = Watch(batch(), events).observation(0).counts
    assert len(counts) == MOST_KINDS
    assert counts[OTHER_KIND] == 1_000 - (MOST_KINDS - 1)
    assert sum(counts.values()) == 1_000


def test_matches_are_bounded() -> None:
    """Matches beyond the bound are counted as dropped."""
    watch = Watch(batch(), [event({})] * 3)
    match = Match("rule", "event", 1, "", {})
    for _ in range(3):
        watch.add([match] * 9_000)
    seen = watch.observation(0)
    assert (len(seen.matches), seen.dropped) == (MOST_MATCHES, 27_000 - MOST_MATCHES)


def test_a_kind_is_short() -> None:
    """A kind made of a hostile record's long words is cut."""
    seen = Watch(batch(), [event({}, ecs={"event": {"dataset": "x" * 9_999}})]).observation(0)
    assert [len(kind) for kind in seen.counts] == [128]


KINDS: list[tuple[object, tuple[str, str]]] = [
    ({"dataset": "d", "code": "4"}, ("d", "4")),
    ({"dataset": "d", "code": "", "action": "go"}, ("d", "go")),
    ({"dataset": "d", "code": 4}, ("d", "4")),
    ({"dataset": ["d"], "code": "4"}, ("['d']", "4")),
    ({"action": "go"}, ("json", "go")),
    ({}, ("json", "-")),
    ("no object", ("json", "-")),
    (None, ("json", "-")),
]


@pytest.mark.parametrize(("told", "kind"), KINDS, ids=[str(row[0]) for row in KINDS])
def test_kinds(told: object, kind: tuple[str, str]) -> None:
    """A kind is the dataset, or the format, and the code, or the action, whatever they hold."""
    assert kind_of(event({}, ecs={"event": told})) == kind
