"""Whose events go to whom, by the object's record and the pack's rows at their time."""

from typing import Any

import pytest

from pipeline.assess import Pack, load_pack
from pipeline.assess.event_routes import EXCHANGE, READ, STORE, STREAM, EventRoutes, fields_of
from pipeline.assess.rows import RouteRow
from pipeline.model import NANOSECONDS, Recipient, instant
from pipeline.registry import Names, Party, Registry, make_registry
from tests.assess.making import KZ, kz
from tests.registry.making import AT, record

NCC, FIN = Recipient("ncc", "kz-ncc"), Recipient("sectoral_centre", "fin")
OURS, PEER = Recipient("operations_centre", "centre"), Recipient("peer_centre", "other")
INDUSTRIAL: dict[str, Any] = {"lifecycle": {"stage": "industrial"}}
EVERYBODY = (NCC, FIN, OURS, PEER)
LISTED: dict[str, Any] = {
    "critical": {"sector": "electricity", "list_ref": "1", "listed_at": "2025-01-01"}
}


def world(*given: dict[str, Any]) -> Registry:
    """Give revisions of one object, and everybody whom rows name."""
    parties = [
        Party(id=one.party_id, names=Names(kk="А", ru="А"), roles=(one.role,)) for one in EVERYBODY
    ]
    return make_registry([record("plant", **more) for more in given], parties)


def told(registry: Registry, at: int = AT, pack: Pack | None = None) -> set[tuple[str, str]]:
    """Give who is given an event of an instant, and by which effect."""
    routes = EventRoutes(pack or kz(), registry)
    return {
        (effect, one.role)
        for effect in (READ, STREAM, STORE, EXCHANGE)
        for one in EVERYBODY
        if routes.scope(effect, one, "plant", at) is not None
    }


ALWAYS = {("store", "operations_centre"), ("exchange", "peer_centre")}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param({}, set(), id="any"),
        pytest.param(LISTED, set(), id="critical"),
        pytest.param({"e_government": {"reason": "x"}}, {("read", "ncc")}, id="e-government"),
        pytest.param({"state_body": True}, {("stream", "ncc")}, id="state-body"),
        pytest.param(
            {"financial_subject": "bank"}, {("stream", "sectoral_centre")}, id="financial"
        ),
        pytest.param(
            {"state_body": True, "e_government": {"reason": "x"}, "financial_subject": "bank"},
            {("read", "ncc"), ("stream", "ncc"), ("stream", "sectoral_centre")},
            id="flags-overlap",
        ),
        pytest.param(
            {"state_body": True, "e_government": {"reason": "x"}, "lifecycle": {"stage": "trial"}},
            set(),
            id="trial-postpones-access",
        ),
    ],
)
def test_events_go_where_the_table_says(
    facts: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    """Events stay in the centre unless a flag streams them or lets them be read (SPEC 4)."""
    registry = world({**INDUSTRIAL, **facts})
    assert told(registry) == expected | ALWAYS
    routes = EventRoutes(kz(), registry)
    ever = {
        (effect, one.role)
        for effect in (READ, STREAM, STORE, EXCHANGE)
        for one in EVERYBODY
        if routes.ever(effect, one, "plant")
    }
    assert ever >= expected | ALWAYS


def test_the_record_in_force_at_the_events_time_decides() -> None:
    """An event is judged by the flags of its own time, and one before the registry by the first."""
    registry = world(
        {"state_body": True, "lifecycle": {"stage": "trial"}, "valid_from": "2026-01-01"},
        {"state_body": True, "valid_from": "2026-02-01", **INDUSTRIAL},
    )
    before, after = instant("2026-01-31T00:00:00Z"), instant("2026-02-02T00:00:00Z")
    assert ("stream", "ncc") not in told(registry, before)
    assert ("stream", "ncc") in told(registry, after)
    assert ("stream", "ncc") not in told(registry, instant("2025-06-01T00:00:00Z"))


def test_before_the_rows_nobody_is_given_anything() -> None:
    """Of a time before the pack's rows nothing is streamed, stored for others or read."""
    registry = world({"state_body": True, **INDUSTRIAL})
    assert told(registry, instant("2020-01-01T00:00:00Z")) == set()


def test_an_unknown_object_is_nobodys() -> None:
    """Of an object that is not registered nothing goes to anybody."""
    routes = EventRoutes(kz(), world(INDUSTRIAL))
    assert routes.scope(STREAM, NCC, "other", AT) is None
    assert not routes.ever(STREAM, NCC, "other")


def test_a_list_of_critical_objects_changes_flags_within_a_record() -> None:
    """A row that asks for the list holds from the day of listing on, without another revision."""
    overlay = kz()
    rows = overlay.rows["routes"]
    row = next(one for one in rows if isinstance(one, RouteRow) and one.id.endswith("body.stream"))
    changed = row.model_copy(update={"when": row.when.model_copy(update={"flags": ("critical",)})})
    pack = Pack(
        overlay.revision,
        overlay.head,
        {**overlay.rows, "routes": tuple(changed if one is row else one for one in rows)},
        overlay.boundaries,
    )
    registry = world({**INDUSTRIAL, **LISTED})
    listed = instant("2025-01-01T00:00:00Z")
    assert ("stream", "ncc") in told(registry, listed + 9 * 3600 * NANOSECONDS, pack)
    assert ("stream", "ncc") not in told(registry, listed - 24 * 3600 * NANOSECONDS, pack)
    assert EventRoutes(pack, registry).ever(STREAM, NCC, "plant")


def test_recipients_are_those_in_the_role() -> None:
    """Streams exist for the parties that the registry has in a role of such rows."""
    routes = EventRoutes(kz(), world(INDUSTRIAL))
    assert routes.recipients(STREAM) == (NCC, FIN)
    assert routes.recipients(READ) == (NCC,)
    assert routes.ground(STREAM, "ncc", AT) == ("kz-418-V/7-4(1)(7-2)", "statute")


def test_the_fields_are_a_closed_list_of_the_pack() -> None:
    """No list names people, paths, command lines or free text; without a row nothing is told."""
    view = kz().at(AT)
    fields = fields_of(view, STREAM, "ncc")
    assert "event.code" in fields
    words = ("user", "email", "message", "command_line", "path", "original", "reason", "query")
    assert not [one for one in fields if any(word in one.split(".") for word in words)]
    assert fields_of(view, STREAM, "holder") == frozenset()
    assert fields_of(view, READ, "sectoral_centre") == frozenset()


def test_another_law_streams_nothing_by_the_same_program() -> None:
    """The second pack has no rows that stream or let read, and lets centres exchange."""
    pack = load_pack(KZ.parent / "nis2")
    registry = world(INDUSTRIAL)
    assert told(registry, pack=pack) == ALWAYS
    assert EventRoutes(pack, registry).recipients(STREAM) == ()
