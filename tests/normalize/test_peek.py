"""What a collector may know of a record before it keeps it."""

import pytest

from pipeline.normalize import peek
from pipeline.normalize.peek import lookup
from tests.normalize.golden_rows import events
from tests.normalize.reading import at


def test_the_peeked_host_is_the_events() -> None:
    """A record is identified by the host that its event names, in every format."""
    for row, event in events():
        if not event.notes and event.format not in ("json", "keyvalue"):
            peeked = peek(row.record, row.format, preamble=row.preamble)
            assert peeked.get("host") == at(event.ecs, "host.name"), row.name


# Logs of what others did: there a name is what a client, an attacker perhaps, says of itself.
_WATCHING = ("zeek.", "suricata.", "nginx.", "caddy.", "traefik.", "ocsf.", "onec.", "aws.", "gcp.")


def test_a_watched_host_is_no_records_own() -> None:
    """What a watched client calls itself or asks for never identifies the watcher's record."""
    looked = 0
    for row, event in events():
        if event.format == "json" and event.ecs["event"]["dataset"].startswith(_WATCHING):
            peeked = peek(row.record, row.format, preamble=row.preamble).get("host")
            assert peeked in (None, at(event.ecs, "host.name")), row.name
            looked += 1
    assert looked > 100


@pytest.mark.parametrize(
    ("record", "fields", "expected"),
    [
        ('{"doc": {"mark": "открыто"}}', ("doc.mark",), {"doc.mark": "открыто"}),
        ('{"doc.mark": "открыто"}', ("doc.mark",), {"doc.mark": "открыто"}),
        ('{"a": {"doc.mark": "x"}}', ("a.doc.mark",), {"a.doc.mark": "x"}),
        ('{"doc": {"mark": ["a", "b"]}}', ("doc.mark",), {"doc.mark": '["a","b"]'}),
        ('{"doc": {"mark": 7}}', ("doc.mark",), {"doc.mark": "7"}),
        ('{"doc": {}}', ("doc.mark",), {}),
        ('{"hostname": "web01", "x": 1}', ("x",), {"host": "web01", "x": "1"}),
        ('{"host": {"name": "web01"}}', (), {"host": "web01"}),
        ('{"host": {"name": 7}}', (), {}),
        ('{"id.orig_h": "192.0.2.1", "host": "kz-bank"}', (), {}),
        ('{"uid": "C1", "id": {"orig_h": "192.0.2.1"}, "host": "kz-bank"}', (), {}),
        ('{"ts": 1.5, "uids": ["C1"], "host_name": "kz-bank", "mac": "x"}', (), {}),
        ('{"_path": "known_hosts", "host": "192.0.2.1"}', (), {}),
        ('{"http_user_agent": "x", "host": "kz-bank", "hostname": "w"}', (), {"host": "w"}),
        ('{"uid": 7, "hostname": "web01"}', (), {"host": "web01"}),
        ('{"class_uid": 3002, "device": {"hostname": "pc"}}', (), {"host": "pc"}),
        (
            '{"message": "{\\"doc\\": {\\"mark\\": \\"m\\"}}", "host": {"name": "w"}}',
            ("doc.mark",),
            {"host": "w", "doc.mark": "m"},
        ),
        (
            '{"Event": {"System": {"EventID": 1, "Computer": "dc"}, "EventData": {"Mark": "m"}}}',
            ("Mark", "Event.System.Computer"),
            {"host": "dc", "Mark": "m", "Event.System.Computer": "dc"},
        ),
        (
            '{"winlog": {"computer_name": "dc", "event_data": {"Mark": "m"}}, "host": "w"}',
            ("Mark",),
            {"host": "dc", "Mark": "m"},
        ),
        (
            '<13>1 - web01 app - - [a@32473 mark="m"] x',
            ("a@32473.mark",),
            {"host": "web01", "a@32473.mark": "m"},
        ),
        ("<13>Mar  2 14:00:00 web01 app: mark=m a=b", ("mark",), {"host": "web01", "mark": "m"}),
        (
            '<13>Mar  2 14:00:00 web01 app: {"doc": {"mark": "m"}}',
            ("doc.mark",),
            {"host": "web01", "doc.mark": "m"},
        ),
        ("<13>1 - - app - - - x", (), {}),
        ("free text", ("mark",), {}),
        ("", ("mark",), {}),
        ("\x00\x01\x02", ("mark",), {}),
        ('{"broken', ("mark",), {}),
    ],
)
def test_named_fields_are_found(
    record: str, fields: tuple[str, ...], expected: dict[str, str]
) -> None:
    """A named field is found where its format keeps it, as text; what is not there is absent."""
    assert peek(record.encode(), "auto", fields) == expected


def test_bytes_in_another_encoding_are_peeked() -> None:
    """A mark is read in whatever encoding the record is."""
    record = '{"doc": {"mark": "секретно"}, "host": "web01"}'
    for encoding in ("utf-8", "cp1251", "utf-16"):
        found = peek(record.encode(encoding), "json", ("doc.mark",))
        assert found == {"host": "web01", "doc.mark": "секретно"}


def test_a_dotted_name_is_looked_up_in_every_parting() -> None:
    """A dotted name is found whether its parts are nested, dotted or both."""
    assert lookup({"a.b": {"c": 1}}, "a.b.c") == 1
    assert lookup({"a": {"b.c": 1}}, "a.b.c") == 1
    assert lookup({"a": 1}, "a.b") is None
