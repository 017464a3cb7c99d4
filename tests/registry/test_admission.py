"""Tests of what a collector may hand on."""

from typing import Any

import orjson
import pytest

from pipeline.model import RecordNote, instant
from pipeline.normalize import peek
from pipeline.ports import Delivery
from pipeline.registry import Admission, Refusal, load_registry, make_registry
from pipeline.registry.admission import MOST_REFUSALS
from tests.registry.making import AT, RULES, record, registry, source

EXAMPLE = load_registry([RULES / "objects"])


def line(**fields: Any) -> bytes:
    """Write one record."""
    return orjson.dumps(fields)


def delivery(*records: bytes, notes: tuple[RecordNote, ...] = (), **more: Any) -> Delivery:
    """Make a delivery of a listener."""
    return Delivery(source="edge", peer="127.0.0.1", records=records, notes=notes, **more)


def test_a_delivery_is_split_by_object_and_source_in_order() -> None:
    """Forwarded records of many objects become one group each, in the order they came."""
    records = [
        line(host="bank-dc01", n=1),
        line(host="dc-hv01", n=2),
        line(host="bank-dc01", n=3),
        line(host="bank-gw01", n=4),
    ]
    admitted = Admission(EXAMPLE, peek)(delivery(*records), AT)
    assert [(one.object_id, one.source_id, one.records) for one in admitted.groups] == [
        ("kz-bank", "bank-win", (records[0], records[2])),
        ("kz-dc", "dc-sshd", (records[1],)),
        ("kz-bank", "bank-sshd", (records[3],)),
    ]
    assert admitted.refused == ()


def test_notes_follow_their_records() -> None:
    """A note of the delivery counts within the group of its record."""
    notes = (RecordNote(2, "truncated", "at 10"),)
    records = [line(host="dc-hv01"), line(host="bank-dc01"), line(host="bank-dc01")]
    admitted = Admission(EXAMPLE, peek)(delivery(*records, notes=notes), AT)
    assert admitted.groups[1].notes == (RecordNote(1, "truncated", "at 10"),)
    assert admitted.groups[0].notes == ()


@pytest.mark.parametrize(
    ("host", "at", "reason", "sender"),
    [
        pytest.param("stranger", None, "unknown_source", "127.0.0.1 stranger", id="unknown"),
        pytest.param("foundry-gw01", None, "unattested",
                     "kz-unattested/foundry-sshd", id="no-head"),
        pytest.param("bank-dc01", "2031-01-01T00:00:00Z", "attestation_expired",
                     "kz-bank/bank-win", id="expired"),
        pytest.param("bank-dc01", "2023-01-01T00:00:00Z", "attestation_not_yet_valid",
                     "kz-bank/bank-win", id="too-early"),
    ],
)  # fmt: skip
def test_nothing_of_a_refused_record_is_kept(
    host: str, at: str | None, reason: str, sender: str
) -> None:
    """A record that is not known to be open leaves reason, sender and count, and no content."""
    records = [line(host=host, text="CANARY") for _ in range(3)]
    admitted = Admission(EXAMPLE, peek)(delivery(*records), instant(at) if at else AT)
    assert admitted.groups == ()
    assert admitted.refused == (Refusal(reason, sender, 3),)
    assert "CANARY" not in repr(admitted)


def test_a_secret_object_is_refused_even_if_somebody_registered_it() -> None:
    """An object with state secrets is never admitted, attested or not."""
    secret = record(restriction="state_secret", sources=[source("s", hosts=["h"])])
    admitted = Admission(make_registry([secret]), peek)(delivery(line(host="h")), AT)
    assert [one.reason for one in admitted.refused] == ["object_secret"]


def test_refused_senders_are_bounded() -> None:
    """A flood of unknown hosts is counted whole and named up to a bound."""
    records = [line(host=f"stranger-{number}") for number in range(1_000)]
    refused = Admission(EXAMPLE, peek)(delivery(*records), AT).refused
    assert len(refused) == MOST_REFUSALS + 1
    assert sum(one.count for one in refused) == 1_000
    assert refused[-1].sender == "others"


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        pytest.param({"doc.mark": "өте құпия"}, "withheld", id="valid"),
        pytest.param({"doc.mark": "Аса маңызды"}, "withheld", id="valid-homonym-in-mark-field"),
        pytest.param({"doc.mark": "aca маңызды"}, "withheld", id="mixed-script"),
        pytest.param({"doc.mark": "секретно"}, "withheld", id="russian"),
        pytest.param({"doc.mark": "top secret"}, "withheld", id="english"),
        pytest.param({"doc.mark": "құпия"}, "suspected", id="bare-ambiguous"),
        pytest.param({"doc.mark": "class 5"}, "suspected", id="unknown-value"),
        pytest.param({"doc.mark": "confidential"}, "", id="confidential-is-open"),
        pytest.param({"doc.mark": "ашық"}, "", id="open"),
        pytest.param({}, "", id="no-mark-field"),
        pytest.param({"text": "аса маңызды объект, құпиясөз, өте құпия"}, "", id="only-a-keyword"),
    ],
)
def test_marks_are_read_from_the_declared_field_alone(fields: dict[str, str], kind: str) -> None:
    """A mark in the declared field empties the record; a word in any other text decides nothing."""
    data = line(host="registry-app01", body="CANARY", **fields)
    (group,) = Admission(EXAMPLE, peek)(delivery(data), AT).groups
    assert group.records == ((b"",) if kind else (data,))
    assert group.notes == ((RecordNote(0, kind),) if kind else ())
    assert ("CANARY" in repr(group)) is not bool(kind)


HEADER = "<13>1 2026-03-02T09:00:00Z registry-app01 app - - "
MARKED = {
    **source("s", hosts=["registry-app01"]),
    "format": "syslog",
    "mark_fields": ["mark.level"],
    "mark_values": ["секретно"],
}
SYSLOG = make_registry([record(sources=[MARKED])])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param('[mark level="секретно"] CANARY', "withheld", id="S1-sound"),
        pytest.param('[mark level="секретно" CANARY', "suspected", id="S2-no-bracket"),
        pytest.param("[mark level=секретно] CANARY", "suspected", id="S3-unquoted"),
        pytest.param('[mark  level="секретно"] CANARY', "suspected", id="S4-two-spaces"),
        pytest.param('[a x="1"] [mark level="секретно"] CANARY', "suspected", id="S5-apart"),
        pytest.param('- [mark level="секретно"] CANARY', "suspected", id="behind-nil"),
        pytest.param('[mark level="" level="секретно"] CANARY', "withheld", id="twice"),
        pytest.param('[mark level=""][mark level="секретно"] CANARY', "withheld", id="again"),
        pytest.param("- mark.level=секретно CANARY", "withheld", id="pair"),
        pytest.param("- mark.level = секретно CANARY", "suspected", id="pair-apart"),
        pytest.param('- mark.level="секретно CANARY', "suspected", id="pair-without-end"),
        pytest.param(f"- mark.level={' ' * 300}секретно CANARY", "suspected", id="pair-far"),
        pytest.param("- {}" * 80 + ' {"mark":{"level":"секретно"}} CANARY', "suspected", id="many"),
        pytest.param('- {"mark":{"level":"секретно"}} CANARY', "withheld", id="inner-json"),
        pytest.param('- {"mark":{"level":"секретно"}, CANARY', "suspected", id="inner-cut"),
        pytest.param('- {"a":1} {"mark":{"level":"секретно"}} CANARY', "withheld", id="second"),
        pytest.param('[mark level=""] text', "", id="empty"),
        pytest.param('[a x="1"] text', "", id="other-element"),
        pytest.param("- a plain message, no mark [error] 5 > {3}", "", id="plain"),
        pytest.param('- {"user":"x","level":"info"}', "", id="inner-clean"),
        pytest.param("- user=x mark.level= action=read", "", id="pair-empty"),
    ],
)
def test_syslog_that_does_not_read_whole_is_not_open(text: str, kind: str) -> None:
    """Structured data, JSON and pairs are read to their end, or the record is suspected."""
    data = (HEADER + text).encode()
    (group,) = Admission(SYSLOG, peek)(delivery(data), AT).groups
    assert [note.kind for note in group.notes] == ([kind] if kind else [])
    assert group.records == ((b"",) if kind else (data,))


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        pytest.param('"doc":[{"mark":"секретно"}]', "withheld", id="J3-list"),
        pytest.param('"doc":{"mark":"секретно"},"doc":{"mark":""}', "withheld", id="J4-above"),
        pytest.param('"doc":{"mark":"секретно","mark":""}', "withheld", id="J4-field"),
        pytest.param('"doc.mark":"","doc":{"mark":"секретно"}', "withheld", id="J5-both"),
        pytest.param('"doc":{"mark":["ашық","секретно"]}', "withheld", id="list-of-values"),
        pytest.param('"doc":{"mark":"","mark":""}', "suspected", id="repeated"),
        pytest.param('"doc":"{\\"mark\\":\\"секретно\\"}"', "suspected", id="json-as-text"),
        pytest.param('"doc":{"mark":{"value":"ашық"}}', "suspected", id="value-with-parts"),
        pytest.param('"doc":{"mark":"секретно"', "suspected", id="cut"),
        pytest.param('"doc":[{"mark":"ашық"},{"mark":""}]', "", id="open-list"),
        pytest.param('"doc":{"title":"x"}', "", id="no-mark"),
        pytest.param('"doc":"report.pdf"', "", id="no-object"),
        pytest.param('"doc":{"mark":null}', "", id="null"),
        pytest.param('"tag":1,"tag":2,"doc":{"title":"x"}', "", id="repeated-elsewhere"),
    ],
)
def test_json_that_says_more_than_one_thing_counts_by_the_gravest(members: str, kind: str) -> None:
    """All values under the declared name count; what does not read whole is suspected."""
    data = f'{{"host":"registry-app01","body":"CANARY",{members}}}'.encode()
    fixed = {"edge": "kz-registry-marked/registry-json"}
    (group,) = Admission(EXAMPLE, peek, fixed)(delivery(data), AT).groups
    assert [note.kind for note in group.notes] == ([kind] if kind else [])
    assert group.records == ((b"",) if kind else (data,))


def test_a_clean_record_without_a_host_of_a_marking_source_stays() -> None:
    """A record that read whole and has no mark is open, whether or not it names its host."""
    fixed = {"edge": "kz-registry-marked/registry-json"}
    (group,) = Admission(EXAMPLE, peek, fixed)(delivery(b'{"user":"x"}'), AT).groups
    assert group.notes == ()


def test_a_keyword_in_a_source_without_mark_fields_stays() -> None:
    """Homonyms in ordinary sources are ordinary text: a password is no secret of the state."""
    data = line(host="bank-gw01", **{"doc.mark": "өте құпия", "msg": "құпиясөз"})
    (group,) = Admission(EXAMPLE, peek)(delivery(data), AT).groups
    assert group.records == (data,)


@pytest.mark.parametrize("note", ["truncated", "oversized", "corrupt"])
def test_an_incomplete_record_of_a_marking_source_is_suspected(note: str) -> None:
    """Where the field may have been cut off, the record is not taken as open."""
    notes = (RecordNote(0, note),)
    (group,) = Admission(EXAMPLE, peek)(
        delivery(line(host="registry-app01"), notes=notes), AT
    ).groups
    assert (group.records, group.notes) == ((b"",), (RecordNote(0, "suspected"),))


def test_an_unreadable_record_of_a_fixed_marking_source_is_suspected() -> None:
    """A listener fixed to a marking source hands on nothing that could not be read."""
    fixed = {"edge": "kz-registry-marked/registry-json"}
    admitted = Admission(EXAMPLE, peek, fixed)(delivery(b"\x00 not json"), AT)
    assert admitted.groups[0].notes == (RecordNote(0, "suspected"),)


def test_a_fixed_listener_needs_no_identity_in_the_record() -> None:
    """A listener that belongs to one source takes its records as they are."""
    admitted = Admission(EXAMPLE, peek, {"edge": "kz-dc/dc-sshd"})(delivery(b"<13>hello"), AT)
    assert [one.source_id for one in admitted.groups] == ["dc-sshd"]


def test_what_was_withheld_before_stays_withheld() -> None:
    """A delivery that comes back from a spool keeps the guard's earlier decision."""
    notes = (RecordNote(0, "withheld"),)
    fixed = {"edge": "kz-dc/dc-sshd"}
    (group,) = Admission(EXAMPLE, peek, fixed)(delivery(b"", notes=notes), AT).groups
    assert (group.records, group.notes) == ((b"",), (RecordNote(0, "withheld"),))


def test_a_source_moves_with_the_registry() -> None:
    """Identification follows the receive time, so that a replay decides as on the day."""
    moved: dict[str, Any] = {"sources": [source("s", hosts=["h"])]}
    held = registry(
        record("old", valid_to="2025-12-31", **moved),
        record("new", valid_from="2026-01-01", **moved),
    )
    admission = Admission(held, peek)
    for at, expected in (("2025-12-31T12:00:00Z", "old"), ("2026-01-01T00:00:00Z", "new")):
        assert admission(delivery(line(host="h")), instant(at)).groups[0].object_id == expected
