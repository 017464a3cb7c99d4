"""Tests of what must be judged anew between two registries."""

from typing import Any

from pipeline.registry import ObjectRecord, Party, changed_spans, make_registry
from pipeline.registry.changed_spans import joined
from pipeline.registry.moments import EARLIEST, LATEST
from tests.registry.test_history import BASE, DAY, said


def party(**more: Any) -> Party:
    """Make the party that holds the plant."""
    return Party.model_validate({"id": "holder", "names": {"kk": "a", "ru": "b"}, **more})


def test_equal_registries_differ_nowhere() -> None:
    """The same records, recorded by whomever, change nothing."""
    one = make_registry([said("a", 0)])
    other = make_registry([said("a", 0, recorded=3)])
    assert changed_spans(one, one) == {}
    assert changed_spans(one, other) == {}


def test_a_late_record_changes_its_span() -> None:
    """The spans are those of which something else is known now."""
    old = make_registry([said("a", 0)])
    new = make_registry([said("a", 0), said("late", 3, 6, recorded=50)])
    span = ((BASE + 3 * DAY, BASE + 6 * DAY),)
    assert changed_spans(old, new) == {"plant": span}
    assert changed_spans(new, old) == {"plant": span}


def test_a_new_object_changes_its_own_time() -> None:
    """An object that comes or goes changes from its beginning on."""
    assert changed_spans(make_registry([]), make_registry([said("a", 5)])) == {
        "plant": ((BASE + 5 * DAY, LATEST),)
    }


def test_the_time_before_the_first_revision_goes_with_it() -> None:
    """What came before the registry began is judged by the first revision, and changes with it."""
    found = changed_spans(make_registry([said("a", 0)]), make_registry([said("b", 0)]))
    assert found == {"plant": ((EARLIEST, LATEST),)}


def test_a_party_changes_the_objects_that_name_it() -> None:
    """A party that says something else changes its objects while they name it."""
    named = said("a", 0, 9, parties={"infrastructure": {"holder": "holder"}})
    records = [named, said("b", 9)]
    old = make_registry(records, [party()])
    new = make_registry(records, [party(language="ru")])
    assert changed_spans(old, new) == {"plant": ((BASE, BASE + 9 * DAY),)}
    again = make_registry(records, [party(change={"author": "a", "reason": "b"})])
    assert changed_spans(old, again) == {}


def test_a_guest_and_a_host_change_with_each_other() -> None:
    """What changes of one object is judged anew at its hosts and guests, through others too."""

    def chain(mark: str) -> list[ObjectRecord]:
        plain = {"valid_from": "2025-01-01"}
        return [
            ObjectRecord.model_validate({"id": "app", "hosted_on": ["vm"], **plain}),
            ObjectRecord.model_validate({"id": "vm", "hosted_on": ["dc"], **plain}),
            ObjectRecord.model_validate({"id": "dc", "territory": mark, **plain}),
            ObjectRecord.model_validate({"id": "other", **plain}),
        ]

    found = changed_spans(make_registry(chain("a")), make_registry(chain("b")))
    assert set(found) == {"app", "vm", "dc"}


def test_spans_that_touch_are_joined() -> None:
    """Spans are sorted and joined."""
    assert joined([(5, 7), (1, 3), (3, 4), (6, 9)]) == ((1, 4), (5, 9))
