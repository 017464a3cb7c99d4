"""Events read under a role: what each role finds."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline.ports.searching import Kind
from pipeline.query import condition
from pipeline.registry import Names, Party, Registry, make_registry
from pipeline.runtime.event_reads import EventReader, Query
from tests.assess.making import kz
from tests.registry.making import AT, record
from tests.runtime.streamed import HOUR, INDUSTRIAL, Stream

PORTAL, PLANT = "akimat", "plant"


def world(**portal: Any) -> Registry:
    """Give an object of electronic government, a private one, and everybody who may ask."""
    roles = ("ncc", "operations_centre", "sectoral_centre")
    parties = [Party(id=one, names=Names(kk="А", ru="А"), roles=(one,)) for one in roles]
    objects = [
        record(PORTAL, code="EGOV-1", e_government={"reason": "x"}, **{**INDUSTRIAL, **portal}),
        record(PLANT, code="PLANT-1", **INDUSTRIAL),
    ]
    return make_registry(objects, parties)


def read(
    stream: Stream, role: str, registry: Registry | None = None, **query: Any
) -> list[dict[str, Any]]:
    """Read everything that a role may."""
    asked = replace(Query(0, AT + 24 * HOUR), **query)
    reader = EventReader(kz(), registry or world(), role, AT)
    return reader.list(stream.stores.events, asked)


@pytest.fixture
def stream() -> Stream:
    """Give stores with events of both objects."""
    made = Stream()
    made.journal(2, PORTAL, times=[AT + HOUR, AT - HOUR])
    made.journal(1, PLANT, times=[AT])
    return made


@pytest.mark.parametrize(
    ("role", "objects"),
    [
        ("ncc", ["EGOV-1", "EGOV-1"]),
        ("analyst", ["EGOV-1", "PLANT-1", "EGOV-1"]),
        ("duty_lead", ["EGOV-1", "PLANT-1", "EGOV-1"]),
        ("sectoral_centre", []),
        ("operations_centre", []),
        ("administrator", []),
        ("prosecutor", []),
        ("nobody", []),
    ],
)
def test_each_role_finds_its_own(stream: Stream, role: str, objects: list[str]) -> None:
    """The coordination centre reads e-government, our analysts all, others as if nothing were."""
    assert [one["object"] for one in read(stream, role)] == objects


def test_people_stay_masked(stream: Stream) -> None:
    """Nobody is shown a person, a command line or a vendor's field here."""
    for one in read(stream, "analyst"):
        assert one["fields"].keys() == {"event.code", "process.name", "source.ip"}


@pytest.mark.parametrize(
    ("text", "objects"),
    [
        ("saqshy.object_id: plant", ["PLANT-1"]),
        ("not saqshy.object_id: plant", ["EGOV-1", "EGOV-1"]),
        ("source.ip: * and event.code: *", ["EGOV-1", "PLANT-1", "EGOV-1"]),
        ("process.command_line: *", []),
        ("user.name: *", []),
        ("saqshy.native.Account: *", []),
    ],
)
def test_a_question_is_asked_of_what_is_shown(
    stream: Stream, text: str, objects: list[str]
) -> None:
    """Shown fields are asked for; a person or a command line, not shown, is like nothing."""
    where = condition(text, Kind.EVENTS, AT)
    assert [one["object"] for one in read(stream, "analyst", where=where)] == objects


def test_a_query_is_bounded(stream: Stream) -> None:
    """Object, time and number are kept to, oldest first."""
    times = [one["@timestamp"] for one in read(stream, "analyst")]
    assert times == sorted(times)
    assert len(read(stream, "analyst", limit=1)) == 1
    assert [one["object"] for one in read(stream, "analyst", object_id=PLANT)] == ["PLANT-1"]
    assert [one["object"] for one in read(stream, "analyst", begin=AT, end=AT + 1)] == ["PLANT-1"]
    assert read(stream, "ncc", object_id=PLANT) == []


@pytest.mark.parametrize(
    "portal",
    [
        pytest.param({"lifecycle": {"stage": "trial"}}, id="before-commissioning"),
        pytest.param({"attestation": None}, id="not-attested"),
    ],
)
def test_what_may_not_be_read_is_absent(stream: Stream, portal: dict[str, Any]) -> None:
    """Before commissioning, and of an object that nobody attested, nothing is found."""
    assert read(stream, "ncc", world(**portal)) == []


def test_one_event_by_its_id(stream: Stream) -> None:
    """An event is shown to who may read it, and to others it is not there."""
    theirs = read(stream, "analyst", object_id=PLANT)[0]
    events = stream.stores.events
    assert EventReader(kz(), world(), "analyst", AT).show(events, theirs["id"]) == theirs
    assert EventReader(kz(), world(), "ncc", AT).show(events, theirs["id"]) is None
    assert EventReader(kz(), world(), "ncc", AT).show(events, "0" * 32 + "-0") is None
