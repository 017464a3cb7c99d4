"""Rules across objects: what each affected object learns, and who takes no part."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest

from pipeline.content import CorrelationCondition
from pipeline.correlate import CENTRE, ROW_TYPES, Campaigns, Evidence, SourceTiming
from pipeline.model import (
    NANOSECONDS,
    BatchKind,
    Finding,
    Labels,
    Match,
    Observation,
    Revisions,
    to_json,
)
from pipeline.model.rows import Rows
from tests.correlate.made import content_with, correlation, rule

S = NANOSECONDS
BASE = 1_772_424_000 * S
RULE = replace(
    correlation("c1", "event_count", ["r1"], ["source"], 60 * S, "gte", 3), scope="centre"
)
OBJECTS = replace(
    RULE,
    id="c2",
    type="value_count",
    condition=CorrelationCondition("gte", 2, "saqshy.object_id"),
)
OWN = correlation("own", "event_count", ["r1"], ["source"], 60 * S, "gte", 3)


class Centre:
    """The centre's state, stored between steps, and every finding so far."""

    def __init__(
        self, trial: str = "", closed: str = "", rules: Sequence[object] = (RULE,)
    ) -> None:
        evidence = Evidence(
            labels=lambda _: Labels(),
            timing=lambda _object, _source, _at: SourceTiming(600 * S),
            expected=lambda _object, _at: (),
            trial=lambda object_id, _at: object_id == trial,
            attested=lambda object_id, _at: object_id != closed,
        )
        content = content_with([rule("r1")], rules)  # type: ignore[arg-type]
        self.stage = Campaigns(content, evidence)
        self.stored: dict[str, bytes] = {}
        self.findings: list[Finding] = []
        self.sequences: dict[str, int] = {}

    def hit(self, object_id: str, *seconds: int, source: str = "198.51.100.7") -> list[Finding]:
        """Let a rule match at an object at some seconds; give what is found of whom."""
        number = self.sequences[object_id] = self.sequences.get(object_id, 0) + 1
        matches = tuple(
            Match(
                "r1",
                f"event-of-{object_id}-{second}",
                BASE + second * S,
                f"host-of-{object_id}",
                {"source": source, "user": f"user-of-{object_id}"},
            )
            for second in seconds
        )
        times = [match.time for match in matches]
        seen = Observation(
            f"b-{object_id}-{number}", BatchKind.RAW, object_id, "s", number, number - 1,
            max(times), Revisions(), len(matches), 0, min(times), max(times), {}, matches,
        )  # fmt: skip
        return self._step(seen)

    def tick(self, second: int) -> list[Finding]:
        """Let the clock tick."""
        at = BASE + second * S
        return self._step(Observation("t", BatchKind.CLOCK, CENTRE, "clock", 1, 0, at, Revisions()))

    def _step(self, seen: Observation) -> list[Finding]:
        state = Rows(CENTRE, ROW_TYPES, self.stored)
        found = self.stage.step(state, seen)
        for key, data in state.changes().items():
            if data is None:
                self.stored.pop(key, None)
            else:
                self.stored[key] = data
        self.findings += found
        return found

    def standing(self) -> dict[str, Finding]:
        """Give the last revision of what stands, by object."""
        latest = {finding.id: finding for finding in self.findings}
        return {one.object_id: one for one in latest.values() if not one.retracted}


def test_each_affected_object_gets_a_finding_of_its_own_events() -> None:
    """A group across objects holds for all of them together; each is told of its own."""
    centre = Centre()
    assert centre.hit("bank", 0) == []
    assert centre.hit("tec", 10) == []
    found = centre.hit("bank", 20)
    assert [one.object_id for one in found] == ["bank", "tec"]
    bank, tec = found
    assert (bank.event_ids, bank.event_count) == (("event-of-bank-0", "event-of-bank-20"), 2)
    assert (bank.first_event_at, bank.last_event_at) == (BASE, BASE + 20 * S)
    assert (tec.event_ids, tec.first_event_at, tec.last_event_at) == (
        ("event-of-tec-10",), BASE + 10 * S, BASE + 10 * S,
    )  # fmt: skip
    assert bank.id != tec.id
    assert bank.fields == {
        "source": "198.51.100.7", "campaign": bank.fields["campaign"], "affected_objects": 2,
    }  # fmt: skip
    assert bank.fields == tec.fields


def test_a_finding_discloses_nothing_of_other_objects() -> None:
    """Names, hosts, users, events and times of others are in no finding of an object."""
    centre = Centre()
    for object_id, second in [("bank", 0), ("tec", 7), ("clinic", 13), ("bank", 21)]:
        centre.hit(object_id, second)
    told = {finding.object_id: to_json(finding).decode() for finding in centre.findings}
    assert set(told) == {"bank", "tec", "clinic"}
    for mine, other in itertools.permutations(told, 2):
        assert other not in told[mine]
    times = {one.object_id: (one.first_event_at, one.last_event_at) for one in centre.findings}
    assert times["tec"] == (BASE + 7 * S, BASE + 7 * S)


def test_one_more_object_is_a_number_to_the_others() -> None:
    """An object that joins a campaign amends the others' findings by the number alone."""
    centre = Centre()
    centre.hit("bank", 0, 1, 2)
    amended, joined = centre.hit("tec", 5)
    assert (amended.object_id, amended.revision, amended.event_count) == ("bank", 2, 3)
    assert amended.fields["affected_objects"] == joined.fields["affected_objects"] == 2
    assert joined.revision == 1


@pytest.mark.parametrize("kind", ["trial", "closed"])
def test_who_takes_no_part_adds_nothing_and_learns_nothing(kind: str) -> None:
    """Events of an object in trial, or not attested open, are not held against others'."""
    centre = Centre(**{kind: "lab"})
    assert centre.hit("lab", 0, 1, 2, 3) == []
    assert centre.hit("bank", 4, 5) == []
    assert [one.object_id for one in centre.hit("bank", 6)] == ["bank"]
    assert centre.standing()["bank"].fields["affected_objects"] == 1
    assert "lab" not in str(centre.stored)


def test_objects_themselves_can_be_counted() -> None:
    """A rule may ask for several objects by the field saqshy.object_id."""
    centre = Centre(rules=[OBJECTS])
    assert centre.hit("bank", 0, 1, 2, 3) == []
    assert [one.object_id for one in centre.hit("tec", 5)] == ["bank", "tec"]


def test_rules_of_an_object_are_not_run_across_objects() -> None:
    """Without the scope a rule stays within its object."""
    centre = Centre(rules=[OWN])
    assert not centre.stage
    assert centre.hit("bank", 0, 1, 2) == []


def test_the_order_in_which_objects_deliver_changes_nothing() -> None:
    """What stands for each object is the same whoever delivers first, but for ids."""
    hits = [("bank", 0), ("tec", 10), ("bank", 25), ("clinic", 30), ("tec", 75), ("dc", 80)]
    shapes = set()
    for order in itertools.permutations(hits):
        centre = Centre()
        for object_id, second in order:
            centre.hit(object_id, second)
        centre.tick(10_000)
        shapes.add(
            tuple(
                (name, one.event_ids, one.event_count, one.fields["affected_objects"])
                for name, one in sorted(centre.standing().items())
            )
        )
    assert len(shapes) == 1
    assert [name for name, *_ in shapes.pop()] == ["bank", "clinic", "dc", "tec"]


def test_chains_that_meet_leave_one_finding_an_object() -> None:
    """An event between two campaigns joins them: each object keeps one finding."""
    centre = Centre()
    centre.hit("bank", 0, 1, 2)
    centre.hit("tec", 70)
    centre.hit("bank", 71, 72)
    before = centre.standing()
    centre.hit("clinic", 40, 41)
    found = centre.standing()
    assert set(found) == {"bank", "tec", "clinic"}
    assert found["bank"].event_count == 5
    assert len({one.fields["campaign"] for one in found.values()}) == 1
    ended = [one for one in centre.findings if one.retracted]
    assert [(one.object_id, one.merged_into) for one in ended] == [("bank", found["bank"].id)]
    assert before["tec"].id == found["tec"].id
