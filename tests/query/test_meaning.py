"""What questions mean of each kind: types, times, addresses, words without a field, errors."""

import pytest

from pipeline.model import NANOSECONDS, instant
from pipeline.model.conditions import (
    EVERYTHING,
    All,
    Among,
    Condition,
    Either,
    Like,
    Not,
    Present,
    Within,
)
from pipeline.ports.search_fields import FieldType, fields_of, sortable, type_of
from pipeline.ports.searching import Kind
from pipeline.query import RULES, QueryError, condition

NOW = instant("2026-11-22T01:30:00Z")
HOUR = 3600 * NANOSECONDS
DAY = 24 * HOUR
MIDNIGHT = instant("2026-11-22T00:00:00Z")

MEANT: dict[str, tuple[Kind, str, Condition]] = {
    "everything": (Kind.EVENTS, "", EVERYTHING),
    "keyword": (Kind.INCIDENTS, "state: new", Among("state", ("new",))),
    "stars": (Kind.INCIDENTS, "object_id: kz-*", Like("object_id", ("kz-", ""))),
    "present": (Kind.INCIDENTS, "assigned_to: *", Present("assigned_to")),
    "text contains": (Kind.EVENTS, 'message: "a b"', Like("message", ("", "a b", ""))),
    "text with stars": (Kind.EVENTS, "message: a*b", Like("message", ("", "a", "b", ""))),
    "number": (Kind.EVENTS, "source.port: 443", Within("source.port", 443, 443)),
    "number range": (Kind.EVENTS, "source.port < 9", Within("source.port", most=9, below=True)),
    "flag": (Kind.INCIDENTS, "trial: TRUE", Among("trial", ("TRUE",))),
    "address": (Kind.EVENTS, 'source.ip: "::1"', Among("source.ip", ("::1",))),
    "network": (Kind.EVENTS, "source.ip: 10.0.0.0/8", Among("source.ip", ("10.0.0.0/8",))),
    "a day": (
        Kind.INCIDENTS,
        "opened_at: 2026-11-22",
        Within("opened_at", MIDNIGHT, MIDNIGHT + DAY, below=True),
    ),
    "behind a day": (Kind.INCIDENTS, "opened_at > 2026-11-22", Within("opened_at", MIDNIGHT + DAY)),
    "until a day": (
        Kind.INCIDENTS,
        "opened_at <= 2026-11-22",
        Within("opened_at", most=MIDNIGHT + DAY, below=True),
    ),
    "a month": (
        Kind.INCIDENTS,
        "opened_at: 2026-12",
        Within("opened_at", MIDNIGHT + 9 * DAY, MIDNIGHT + 40 * DAY, below=True),
    ),
    "relative": (Kind.EVENTS, "@timestamp >= now-1d", Within("@timestamp", NOW - DAY)),
    "relative, more steps": (
        Kind.EVENTS,
        "@timestamp < now-1d+2h",
        Within("@timestamp", most=NOW - DAY + 2 * HOUR, below=True),
    ),
    "a relative day": (
        Kind.EVENTS,
        "@timestamp: now-1d/d",
        Within("@timestamp", MIDNIGHT - DAY, MIDNIGHT, below=True),
    ),
    "any field of an event": (Kind.EVENTS, "saqshy.native.X: 5", Among("saqshy.native.X", ("5",))),
    "range of any field": (Kind.EVENTS, "winlog.x > 5", Within("winlog.x", 5, above=True)),
    "range of times of any field": (Kind.EVENTS, "winlog.x >= now", Within("winlog.x", NOW)),
    "below a known name": (Kind.FINDINGS, "group.user.name: a", Among("group.user.name", ("a",))),
    "signs": (
        Kind.INCIDENTS,
        "not state: (new or closed)",
        Not(Either((Among("state", ("new",)), Among("state", ("closed",))))),
    ),
    "both": (
        Kind.AUDIT,
        "chain: a and number >= 5",
        All((Among("chain", ("a",)), Within("number", 5))),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "means"), MEANT.values(), ids=MEANT)
def test_what_is_meant(kind: Kind, text: str, means: Condition) -> None:
    """A question means a condition on the fields of its kind."""
    assert condition(text, kind, NOW) == means


def test_words_without_a_field() -> None:
    """A word is asked of the kind's main fields; an address also by its value."""
    found = condition("kz-bank", Kind.INCIDENTS, NOW)
    assert isinstance(found, Either)
    assert Like("object_id", ("", "kz-bank", "")) in found.of
    found = condition("10.0.0.0/8", Kind.EVENTS, NOW)
    assert isinstance(found, Either)
    assert Among("source.ip", ("10.0.0.0/8",)) in found.of
    assert Like("process.command_line", ("", "10.0.0.0/8", "")) in found.of


REFUSED = {
    "unknown field": (Kind.INCIDENTS, "sate: new", "did you mean state"),
    "unknown field far from all": (Kind.AUDIT, "zzzzzzzz: new", "it has entry_id"),
    "no number": (Kind.EVENTS, "source.port: http", "no number"),
    "no time": (Kind.EVENTS, "@timestamp: yesterday", "now-1d"),
    "no day": (Kind.EVENTS, "@timestamp: 2026-02-30", "no time"),
    "no address": (Kind.EVENTS, "source.ip: host", "no address"),
    "neither flag": (Kind.INCIDENTS, "trial: maybe", "neither true nor false"),
    "stars in a number": (Kind.EVENTS, "source.port: 4*", "no stars"),
    "stars in a range": (Kind.EVENTS, "source.port > 4*", "ends at a value"),
    "range of addresses": (Kind.EVENTS, "source.ip > 10.0.0.1", "not by ranges"),
    "range of words": (Kind.INCIDENTS, "state > new", "no number"),
    "empty step": (Kind.EVENTS, "a..b: 1", "have no field"),
}


@pytest.mark.parametrize(("kind", "text", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_meant(kind: Kind, text: str, told: str) -> None:
    """A field or value that a kind does not have is refused with the way out."""
    with pytest.raises(QueryError, match=told):
        condition(text, kind, NOW)


@pytest.mark.parametrize("kind", Kind)
def test_fields_of_every_kind(kind: Kind) -> None:
    """Every kind lists its fields; what sorts is a time or a number, its own time first."""
    listed = fields_of(kind)
    assert listed
    assert all(name == one.name and one.label for name, one in listed.items())
    for name in sortable(kind):
        assert type_of(kind, name) in {FieldType.TIME, FieldType.NUMBER}
    assert any(one.free for one in listed.values())


def test_the_rules_are_as_the_parser_is() -> None:
    """The bounds that the rules tell are those that hold."""
    assert "4,096 characters, 200 terms, 24 brackets" in RULES
