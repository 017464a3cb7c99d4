"""Which findings a silence covers, and what is told of it."""

from dataclasses import replace

import pytest

from pipeline.incidents import ROW_TYPES, Silence, SuppressedRow, suppress, tell
from pipeline.incidents.suppression import DAY, MOST_OPEN
from pipeline.model import (
    NANOSECONDS,
    BatchKind,
    Finding,
    Labels,
    Match,
    Observation,
    Revisions,
    RuleRef,
)
from pipeline.model.rows import Rows

AT = 1_772_460_000 * NANOSECONDS
SCAN = Silence("s1", "analyst", "a", "b", AT, AT + DAY, ("r",), where={"source.ip": "10.0.0.9"})


def found(revision: int = 1, **more: object) -> Finding:
    """Make a finding of rule r at host h."""
    values: dict[str, object] = {
        "id": "f1",
        "revision": revision,
        "kind": "rule",
        "rule": RuleRef("r", "R", "low", "1"),
        "object_id": "o",
        "first_event_at": AT,
        "last_event_at": AT,
        "event_ids": ("e1",),
        "event_count": revision,
        "group": {"host": "h"},
        "labels": Labels(),
        "fields": {},
        **more,
    }
    return Finding(**values)  # type: ignore[arg-type]


def seen(*addresses: object, host: str = "h", rule: str = "r") -> Observation:
    """Make an observation with one match an address."""
    matches = tuple(
        Match(rule, f"e{n}", AT, host, {} if one is None else {"source.ip": one})
        for n, one in enumerate(addresses)
    )
    return Observation("b", BatchKind.RAW, "o", "s", 1, 0, AT, Revisions(), matches=matches)


def state() -> Rows:
    """Give the state of an object without anything."""
    return Rows("o", ROW_TYPES, {})


def covered(silence: Silence, finding: Finding, observation: Observation) -> bool:
    """Tell whether a silence covers a finding that is new to an object."""
    (marked,) = suppress(state(), observation, [finding], [silence])
    return marked.suppressed == silence.id


@pytest.mark.parametrize(
    ("silence", "finding", "expected"),
    [
        (replace(SCAN, where={}), found(), True),
        (replace(SCAN, where={}), found(revision=7), True),
        (replace(SCAN, where={}, rules=("q",)), found(), False),
        (replace(SCAN, where={}, rules=()), found(), True),
        (replace(SCAN, where={}, object_id="o"), found(), True),
        (replace(SCAN, where={}, object_id="p"), found(), False),
        (replace(SCAN, where={"host": "h"}), found(), True),
        (replace(SCAN, where={"host": "i"}), found(), False),
        (replace(SCAN, where={"source.ip": "x"}), found(group={"source.ip": "x"}), True),
        (replace(SCAN, where={"host": "h", "source.ip": "10.0.0.9"}), found(), True),
        (SCAN, found(kind="correlation"), False),
        (replace(SCAN, where={}), found(kind="detector"), False),
        (replace(SCAN, where={}), found(retracted=True), False),
        (replace(SCAN, where={}), found(labels=Labels(fixed_class="secrecy")), False),
    ],
    ids=[
        "rule", "later-revision", "other-rule", "any-rule", "object", "other-object", "group",
        "other-group", "group-by-address", "group-and-field", "field-of-a-correlation", "detector",
        "retraction", "withheld",
    ],
)  # fmt: skip
def test_a_silence_covers_what_it_names(silence: Silence, finding: Finding, expected: bool) -> None:
    """Rule, object and every value must fit; detectors and retractions are never covered."""
    assert covered(silence, finding, seen("10.0.0.9")) is expected


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        (("10.0.0.9",), True),
        (("10.0.0.9", "10.0.0.9"), True),
        (("10.0.0.9", "203.0.113.9"), False),
        ((None,), False),
        ((["10.0.0.9"],), True),
        ((["10.0.0.9", "203.0.113.9"],), False),
    ],
)
def test_a_field_must_fit_on_every_match_of_a_finding(
    addresses: tuple[object, ...],
    expected: bool,
) -> None:
    """One event of another address, or without one, and nothing of the finding is silenced."""
    assert covered(SCAN, found(), seen(*addresses)) is expected


def test_matches_of_others_do_not_matter() -> None:
    """Other rules and hosts of the same batch say nothing of a finding."""
    observation = seen("10.0.0.9")
    others = (*seen("x", host="i").matches, *seen("x", rule="q").matches)
    observation = replace(observation, matches=(*observation.matches, *others))
    assert covered(SCAN, found(), observation)


def test_a_finding_that_once_was_not_covered_never_is() -> None:
    """A finding grown by another address stays uncovered, whatever comes after."""
    here = state()
    steps = [
        (found(1), seen("10.0.0.9"), True),
        (found(2), seen("10.0.0.9"), True),
        (found(3), seen("203.0.113.9"), False),
        (found(4), seen("10.0.0.9"), False),
    ]
    for finding, observation, expected in steps:
        (marked,) = suppress(here, observation, [finding], [SCAN])
        assert bool(marked.suppressed) is expected, finding.revision


def test_a_finding_that_swallows_an_uncovered_one_is_uncovered() -> None:
    """Where a late event joins two runs, the whole is covered only if both were."""
    here = state()
    suppress(here, seen("10.0.0.9"), [found()], [SCAN])
    gone = found(2, id="f0", retracted=True, merged_into="f1", event_count=0)
    marked = suppress(here, seen("10.0.0.9"), [found(2), gone], [SCAN])
    assert [one.suppressed for one in marked] == ["", ""]


def test_what_was_covered_is_counted_and_told_once_a_day_and_at_the_end() -> None:
    """Findings and events are told on the next day, the rest when the silence is over."""
    here = state()
    quiet = replace(SCAN, where={})
    suppress(here, seen("x"), [found(1), found(1, id="f2")], [quiet])
    suppress(here, seen("x"), [found(5)], [quiet])
    assert tell(here, [quiet], AT) == []
    (day,) = tell(here, [quiet], AT + DAY)
    assert (day.chain, day.kind, day.subject) == ("o", "silence_suppressed", "s1")
    assert (day.detail["findings"], day.detail["events"], day.detail["over"]) == (2, 6, False)
    assert tell(here, [quiet], AT + 2 * DAY) == []
    suppress(here, seen("x"), [found(6)], [quiet])
    (end,) = tell(here, [], AT + 2 * DAY)
    assert (end.detail["findings"], end.detail["events"], end.detail["over"]) == (0, 1, True)
    assert end.detail["events_in_all"] == 7
    assert here.count("suppressed") == 0
    assert tell(here, [], AT + 3 * DAY) == []


def test_what_a_silence_remembers_is_bounded() -> None:
    """Beyond a bound the finding covered longest ago is no longer known, and so not covered."""
    here = state()
    for number in range(MOST_OPEN + 1):
        suppress(here, seen("10.0.0.9"), [found(id=f"f{number}")], [SCAN])
    row = here.get(SuppressedRow, "suppressed", "s1")
    assert row is not None
    assert (len(row.open), row.findings) == (MOST_OPEN, MOST_OPEN + 1)
    (marked,) = suppress(here, seen("10.0.0.9"), [found(2, id="f0")], [SCAN])
    assert marked.suppressed == ""
