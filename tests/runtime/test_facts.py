"""The registry's facts on events: what binds the object, what is crossed, whose word counts."""

from typing import Any

import pytest

from pipeline.model import CROSSING, Event, Json, instant
from pipeline.registry import ObjectRecord
from pipeline.registry.registry import make_registry
from pipeline.runtime.facts import LABELS, Facts
from tests.normalize.enrichment.made import AT, event

OUT: Json = {"source": {"ip": "10.0.0.5"}, "destination": {"ip": "198.51.100.9", "port": 443}}
BODY: Json = {"state_body": True, "network": {"internet_gateways": ["203.0.113.2"]}}
LISTED = {"sector": "gas", "list_ref": "3", "listed_at": "2026-03-02T10:00:00Z"}


def facts_of(**fields: Any) -> Facts:
    record = ObjectRecord.model_validate({"id": "object", **fields})
    return Facts(make_registry([record]), lambda _object, _at: record)


def laid(facts: Facts, ecs: Json, at: int = AT) -> Event:
    """Give an event with facts laid on it, and its crossings."""
    one = event({name: dict(part) for name, part in ecs.items()}, at)
    facts([one])
    facts.cross([one])
    return one


def test_an_event_says_what_binds_its_object_and_what_it_crosses() -> None:
    """Standing, norms and crossings stand in the labels, and a note says that rules must ask."""
    one = laid(facts_of(**BODY), OUT)
    labels = one.ecs["labels"]
    assert labels["state_body"] == "true"
    assert {"single_gateway", "mail_gateway"} <= set(labels["bound_by"])
    assert labels["crossing"] == ["internet"]
    assert CROSSING in one.notes


def test_an_event_that_crosses_nothing_bears_no_note() -> None:
    """Most events cross nothing and cost no second question."""
    inside = OUT | {"destination": {"ip": "10.0.0.9", "port": 443}}
    one = laid(facts_of(**BODY), inside)
    assert "crossing" not in one.ecs["labels"]
    assert one.notes == ()


@pytest.mark.parametrize(
    "theirs", [{}, {"bound_by": ["x"], "crossing": ["mail"], "mine": "y"}, "x", ["x"]]
)
def test_a_senders_word_does_not_stand_for_the_registrys(theirs: Any) -> None:
    """What a sender writes under our names is the registry's, and the rest stays its own."""
    one = event({**OUT, "labels": theirs})
    facts = facts_of(ownership="non_state")
    facts([one])
    facts.cross([one])
    labels = one.ecs["labels"]
    assert labels["ownership"] == "non_state"
    assert labels["bound_by"] == ["mining_notice"]
    assert "crossing" not in labels
    assert labels.get("mine") == ("y" if isinstance(theirs, dict) and theirs else None)


def test_an_unknown_object_keeps_none_of_our_names() -> None:
    """Of an object that the registry does not know nothing is said in its place."""
    one = event({"labels": {"critical": "true", "theirs": "x"}})
    Facts(make_registry([]), lambda _object, _at: None)([one])
    assert one.ecs["labels"] == {"theirs": "x"}


def test_an_organization_of_the_event_stays() -> None:
    """Who an event says it is of stays; what the registry adds stands beside it."""
    holder = {"parties": {"system": {"holder": "p"}}}
    one = event({"organization": {"name": "theirs"}})
    facts_of(**holder)([one])
    assert one.ecs["organization"] == {"name": "theirs", "id": "p"}


def test_events_share_facts_and_not_crossings() -> None:
    """What one event crosses does not stand in another's labels."""
    facts = facts_of(**BODY)
    first, second = event(dict(OUT)), event({"source": {"ip": "10.0.0.5"}})
    facts([first, second])
    facts.cross([first, second])
    assert first.ecs["labels"]["crossing"] == ["internet"]
    assert "crossing" not in second.ecs["labels"]
    assert "crossing" not in laid(facts, {"source": {"ip": "10.0.0.5"}}).ecs["labels"]


def test_borders_hold_from_the_listing_on() -> None:
    """A border that binds critical objects is drawn when the object is listed."""
    facts = facts_of(critical=LISTED, network=BODY["network"])
    listed = instant("2026-03-02T10:00:00Z")
    told = [laid(facts, OUT, at).ecs["labels"].get("crossing") for at in (listed - 1, listed)]
    assert told == [None, ["internet"]]


def test_our_names_are_all_known() -> None:
    """Every label that facts give is one that a sender cannot give."""
    facts = facts_of(**BODY, critical=LISTED, personal_data=True, e_government={"reason": "r"},
                     ownership="state", code="O-1", sector="gas",
                     lifecycle={"stage": "industrial"}, names={"kk": "А", "ru": "А"})  # fmt: skip
    assert set(laid(facts, OUT).ecs["labels"]) == LABELS
