"""Digests in the whole system: from a wish in the registry to one letter in the spool folder."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.incidents.audit import verify
from pipeline.model import Notice
from tests.runtime.acts import act, broken_into, quick
from tests.runtime.centre import Centre, prepare

WISH = "    digest: {zone: Asia/Almaty, every: 30m, language: kk}\n"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Centre]:
    """Give a centre whose bank wishes a digest every half an hour."""
    prepare(tmp_path)
    parties = tmp_path / "objects" / "parties.yml"
    text = parties.read_text(encoding="utf-8")
    place = "email: soc@bank.example}]\n"
    assert text.count(place) == 1
    parties.write_text(text.replace(place, place + WISH), encoding="utf-8")
    with quick(tmp_path) as made:
        yield made


def deliver(here: Centre) -> None:
    """Deliver what may leave now."""
    while here.system.dispatcher.run_due():
        pass


def letters(here: Centre) -> list[dict[str, Any]]:
    """Read what the bank was given, in the order of writing."""
    files = (here.folder / "outgoing" / "holder-dala-bank").glob("*.json")
    ordered = sorted(files, key=lambda one: one.stat().st_mtime_ns)
    return [json.loads(one.read_bytes()) for one in ordered]


def updates(here: Centre, role: str) -> list[Notice]:
    """Give the updates to a role."""
    told = [one for one in here.notices() if one.recipient.role == role]
    return [one for one in told if one.kind == "update"]


def test_updates_leave_as_one_letter(here: Centre) -> None:
    """The first notice leaves at once, two updates within the half hour as one letter, in time."""
    incident = broken_into(here)
    deliver(here)
    assert [one["leg"] for one in letters(here)] == ["first"]
    act(here, "correct", incident, says={"severity": "critical"})
    act(here, "correct", incident, says={"severity": ""})
    deliver(here)
    assert len(letters(here)) == 1
    assert {one.state.value for one in updates(here, "ncc")} == {"sent"}, "it gets no digests"
    here.tick(16)
    deliver(here)
    digest = letters(here)[-1]
    told = updates(here, "holder")
    assert len(told) == 2
    assert [one["notice"] for one in digest["payload"]["notices"]] == [one.id for one in told]
    assert digest["payload"]["text"][0]["language"] == "kk"
    for one in told:
        assert one.receipt is not None
        assert one.receipt.body["within"] == digest["id"]
        assert one.receipt.received_at < one.due_at
    assert len(letters(here)) == 2
    assert verify(here.system.stores.audit.read()) == []


def test_without_a_tick_each_leaves_in_time_by_itself(here: Centre) -> None:
    """Where no scheduler runs the updates leave by themselves before they are due."""
    incident = broken_into(here)
    act(here, "correct", incident, says={"severity": "critical"})
    here.clock.advance_to(here.clock.now() + 56 * 60 * 10**9)
    deliver(here)
    (told,) = updates(here, "holder")
    assert told.state.value == "sent"
    assert told.receipt is not None
    assert here.clock.now() < told.due_at
    assert [one["leg"] for one in letters(here)] == ["first", "update"]
