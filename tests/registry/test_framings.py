"""Tests of both guards over every framing: who is stopped where, and who must pass."""

import pytest

from pipeline.model import BatchKind, RawBatch
from pipeline.normalize import Normalizer, Profile, peek
from pipeline.normalize.nested import nests
from pipeline.ports import Delivery
from pipeline.registry import Admission, load_registry, make_registry
from pipeline.registry.second_guard import SecondGuard
from tests.registry.making import AT, RULES, record, source
from tests.registry.marked_records import ALL, SOURCES, Marked

MARKS = load_registry([RULES / "objects"]).marks
PROFILES = [{**source(name, hosts=[f"reg-{name}"]), **more} for name, more in SOURCES.items()]
REGISTRY = make_registry([record("register", sources=PROFILES)], marks=MARKS)
GUARD = SecondGuard(MARKS, nests)


def outcome(marked: Marked) -> str:
    """Give what both guards make of one record of its source."""
    fixed = {"edge": f"register/{marked.source}"}
    delivery = Delivery("edge", "192.0.2.1", (marked.record,))
    (group,) = Admission(REGISTRY, peek, fixed)(delivery, AT).groups
    if group.notes:
        assert group.records == (b"",)
        return group.notes[0].kind
    profile = next(one for one in REGISTRY.objects()[0].sources if one.id == marked.source)
    batch = RawBatch(
        "b", "register", marked.source, 1, 0, AT, AT, "", group.records, kind=BatchKind.RAW
    )
    read = Normalizer(lambda _object, _source: Profile(profile.format, columns=profile.columns))(
        batch
    )
    assert [event.index for event in read.events] == [0]
    return "stopped" if GUARD(read.events, batch.records) else "kept"


@pytest.mark.parametrize("marked", ALL, ids=lambda one: one.name)
def test_every_framing_is_guarded(marked: Marked) -> None:
    """A mark is found wherever a sender puts it, and what only looks like one passes."""
    assert outcome(marked) == marked.what
