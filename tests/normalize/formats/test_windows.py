"""Windows events: what differs between shapes and shippers."""

from typing import Any

import orjson
import pytest

from pipeline.model import FailureCode, TimeConfidence, rfc3339
from pipeline.normalize.formats import parser
from pipeline.normalize.formats.windows_json import reader
from pipeline.normalize.parsed import Context, Parsed, Refusal
from tests.normalize.reading import ALMATY, at, event_of, failure_of

FLAT = {
    "EventID": 4624,
    "Channel": "Security",
    "Hostname": "dc",
    "TimeCreated": "2026-03-02T09:00:00Z",
}


def flat(**fields: Any) -> bytes:
    return orjson.dumps(
        {name: value for name, value in {**FLAT, **fields}.items() if value is not None}
    )


def record(system: dict[str, Any], **parts: Any) -> bytes:
    named = {
        "EventID": 7,
        "Channel": "Example",
        "Computer": "dc",
        "TimeCreated": {"#attributes": {"SystemTime": "2026-03-02T09:00:00Z"}},
        **system,
    }
    return orjson.dumps({"Event": {"System": named, **parts}})


@pytest.mark.parametrize(
    ("times", "expected", "confidence"),
    [
        (
            {"TimeCreated": "2026-03-02T09:00:00Z", "UtcTime": "2026-03-02 08:00:00.000"},
            "2026-03-02T09:00:00Z",
            "exact",
        ),
        (
            {
                "TimeCreated": None,
                "UtcTime": "2026-03-02 09:00:00.125",
                "@timestamp": "2026-03-02T09:00:09Z",
                "EventTime": "2026-03-02 14:00:00",
            },
            "2026-03-02T09:00:00.125Z",
            "exact",
        ),
        (
            {
                "TimeCreated": None,
                "@timestamp": "2026-03-02T09:00:09Z",
                "EventTime": "2026-03-02 14:00:00",
            },
            "2026-03-02T09:00:09Z",
            "exact",
        ),
        (
            {"TimeCreated": None, "EventTime": "2026-03-02 14:00:00"},
            "2026-03-02T09:00:00Z",
            "zone_assumed",
        ),
        (
            {"TimeCreated": None, "EventTime": "2026-03-02T14:00:00+05:00"},
            "2026-03-02T09:00:00Z",
            "exact",
        ),
        ({"TimeCreated": "2026-03-02 14:00:00.125"}, "2026-03-02T09:00:00.125Z", "zone_assumed"),
        (
            {"TimeCreated": None, "TimeGenerated": "2026-03-02T09:00:00.42Z"},
            "2026-03-02T09:00:00.42Z",
            "exact",
        ),
        (
            {
                "TimeCreated": "x",
                "UtcTime": "y",
                "@timestamp": 7,
                "EventReceivedTime": "2026-03-02 14:00:01",
            },
            "2026-03-02T09:00:01Z",
            "zone_assumed",
        ),
        ({"TimeCreated": None}, "2026-03-02T10:00:00Z", "received"),
    ],
)
def test_the_best_time_of_a_flat_event(
    times: dict[str, Any], expected: str, confidence: str
) -> None:
    """A time that names its zone counts before one that must assume it, the event's own first."""
    event = event_of(flat(**times), zone=ALMATY)
    assert (rfc3339(event.time), event.time_confidence.value) == (expected, confidence)


@pytest.mark.parametrize(
    ("fields", "native"),
    [
        ({"SourceName": "P"}, {"Provider_Name": "P", "SourceName": "P"}),
        ({"ProviderName": "P"}, {"Provider_Name": "P"}),
        ({"EventSourceName": "P"}, {"Provider_Name": "P"}),
        ({"Provider_Name": "P", "SourceName": "Q"}, {"Provider_Name": "P"}),
        ({"Hostname": None, "Computer": "other"}, {"Computer": "other"}),
        ({"RecordNumber": 5}, {"EventRecordID": 5}),
        ({"SeverityValue": 2}, {"Level": 4}),
        ({"SeverityValue": 4}, {"Level": 2}),
        ({"Level": "3"}, {"Level": 3}),
        ({"Level": "Warnung"}, {"Level": "Warnung"}),
        ({"EventID": "4624"}, {"EventID": 4624}),
        ({"EventType": "CreateKey"}, {"EventType": "CreateKey"}),
        ({"EventData": {"Image": "x", "Channel": "y"}}, {"Image": "x", "EventData.Channel": "y"}),
        ({"tags": ["a", "b"]}, {"tags": ["a", "b"]}),
        ({"nested": {"a": {"b": 1}}}, {"nested.a.b": 1}),
    ],
)
def test_a_flat_event_gets_sigmas_names(fields: dict[str, Any], native: dict[str, Any]) -> None:
    """System fields stand under the names that Sigma uses, beside the shipper's own."""
    event = event_of(flat(**fields))
    assert {name: event.native.get(name) for name in native} == native


@pytest.mark.parametrize(
    ("system", "native"),
    [
        (
            {"EventID": {"#attributes": {"Qualifiers": 16384}, "#text": 7036}},
            {"EventID": 7036, "Qualifiers": 16384},
        ),
        (
            {"EventID": {"@Qualifiers": "16384", "#text": "7036"}},
            {"EventID": 7036, "Qualifiers": "16384"},
        ),
        (
            {"EventID": "7036", "EventID_attributes": {"Qualifiers": 1}},
            {"EventID": 7036, "Qualifiers": 1},
        ),
        (
            {"Provider": {"#attributes": {"Name": "P", "Guid": "G"}}},
            {"Provider_Name": "P", "ProviderGuid": "G"},
        ),
        ({"Provider": {"@Name": "P"}}, {"Provider_Name": "P"}),
        ({"Provider": None, "Provider_attributes": {"Name": "P"}}, {"Provider_Name": "P"}),
        ({"Level": "2", "EventRecordID": "9"}, {"Level": 2, "EventRecordID": 9}),
        (
            {"Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 5}}},
            {"ExecutionProcessID": 4, "ThreadID": 5},
        ),
        (
            {"Correlation": {"#attributes": {"ActivityID": "A", "RelatedActivityID": "R"}}},
            {"ActivityID": "A", "RelatedActivityID": "R"},
        ),
        ({"Security": {"#attributes": {"UserID": "S-1-5-18"}}}, {"UserID": "S-1-5-18"}),
        ({"Correlation": None, "Security": None, "Execution": "?"}, {"EventID": 7}),
    ],
)
def test_system_of_a_nested_event(system: dict[str, Any], native: dict[str, Any]) -> None:
    """Elements and attributes of System are read in each way that XML becomes JSON."""
    event = event_of(record(system))
    assert {name: event.native.get(name) for name in native} == native


@pytest.mark.parametrize(
    ("parts", "native"),
    [
        ({"EventData": {"A": "1", "B": None}}, {"A": "1", "B": None}),
        ({"EventData": None}, {}),
        ({"EventData": {"Data": {"#text": "one"}}}, {"Data": "one"}),
        (
            {"EventData": {"Data": {"#text": ["one", "two"]}, "Binary": "00"}},
            {"Data": ["one", "two"], "Binary": "00"},
        ),
        ({"EventData": {"Data": ["one", "two"]}}, {"Data": ["one", "two"]}),
        (
            {"EventData": {"Data": [{"@Name": "A", "#text": "1"}, {"@Name": "B", "#text": "2"}]}},
            {"A": "1", "B": "2"},
        ),
        (
            {"EventData": {"Data": [{"#attributes": {"Name": "A"}, "#text": "1"}, "loose"]}},
            {"A": "1", "Data": "loose"},
        ),
        ({"EventData": {"#attributes": {"Name": "N"}, "p": 1}}, {"EventData.Name": "N", "p": 1}),
        ({"EventData": {"Channel": "mine"}}, {"Channel": "Example", "EventData.Channel": "mine"}),
        ({"EventData": "text"}, {"EventData": "text"}),
        (
            {"UserData": {"EventXML": {"#attributes": {"xmlns": "x"}, "Param1": "a"}}},
            {"Param1": "a"},
        ),
        (
            {"UserData": {"X": {"Cert": {"#attributes": {"subjectName": "s"}}}}},
            {"Cert.subjectName": "s"},
        ),
        ({"UserData": {"X": "text"}}, {"UserData": "text"}),
        ({"RenderingInfo": {"Message": "m", "#attributes": {"Culture": "en"}}}, {"Message": "m"}),
        ({"ProcessingErrorData": {"ErrorCode": 15}}, {"ProcessingErrorData.ErrorCode": 15}),
    ],
)
def test_data_of_a_nested_event(parts: dict[str, Any], native: dict[str, Any]) -> None:
    """Named data stand flat beside System, which wins; unnamed data are kept as ``Data``."""
    event = event_of(record({}, **parts))
    assert {name: event.native.get(name) for name in native} == native


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"Keywords": "0x8020000000000000"}, "success"),
        ({"Keywords": "0x8010000000000000"}, "failure"),
        ({"Keywords": 0x8020000000000000}, "success"),
        ({"Keywords": -9214364837600034816}, "success"),
        ({"Keywords": -9218868437227405312}, "failure"),
        ({"Keywords": ["Audit Failure"]}, "failure"),
        ({"Keywords": 0, "EventType": "AUDIT_SUCCESS"}, "success"),
        ({"Keywords": "x"}, None),
        ({"Keywords": [1, {}]}, None),
        ({}, None),
    ],
)
def test_the_audit_says_the_outcome(fields: dict[str, Any], outcome: str | None) -> None:
    """Whether an audited act succeeded is read from its keywords, however these are written."""
    event = event_of(flat(SourceName="Microsoft-Windows-Security-Auditing", **fields))
    assert at(event.ecs, "event.outcome") == outcome


def test_a_provider_that_the_shipper_left_out_is_known_by_its_channel() -> None:
    """A channel to which one provider writes tells the kind of event without its name."""
    event = event_of(flat(Channel="Microsoft-Windows-Sysmon/Operational", EventID=1))
    assert at(event.ecs, "event.action") == "process-created"
    assert "Provider_Name" not in event.native


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (flat(EventID=None), FailureCode.UNKNOWN_FORMAT),
        (flat(EventID="many"), FailureCode.MISSING_FIELD),
        (flat(EventID=-1), FailureCode.MISSING_FIELD),
        (flat(EventID=2**40), FailureCode.MISSING_FIELD),
        (flat(EventID=True), FailureCode.MISSING_FIELD),
        (record({"EventID": {"#text": None}}), FailureCode.MISSING_FIELD),
        (b'{"winlog": {"channel": "Security"}}', FailureCode.MISSING_FIELD),
        (b'{"event_id": "x", "log_name": "Security"}', FailureCode.MISSING_FIELD),
        (b'{"Event": {"EventData": {}}}', FailureCode.UNKNOWN_FORMAT),
        (b'{"a": 1}', FailureCode.UNKNOWN_FORMAT),
        (b"<Event/>", FailureCode.SYNTAX),
    ],
)
def test_what_is_no_windows_event_is_refused(message: bytes, code: FailureCode) -> None:
    """Without a usable EventID there is no Windows event, and the way out is named."""
    failure = failure_of(message, "windows_json")
    assert failure.code is code
    assert ":" in failure.detail


@pytest.mark.parametrize("name", ["windows_event", "windows_flat", "winlogbeat", "evtx"])
def test_a_named_shape_refuses_others(name: str) -> None:
    """A source that names its shape does not pass another document for an event."""
    answer = parser(name)(b'{"a": 1}', Context(0, 0, ALMATY))
    assert isinstance(answer, Refusal)
    assert answer.code is FailureCode.MISSING_FIELD


def test_the_level_of_winlogbeat_in_another_language_is_kept() -> None:
    """A level's name that is not English is no number, and kept."""
    message = {"event_id": 7, "log_name": "System", "level": "Fehler", "computer_name": "dc"}
    event = event_of(orjson.dumps(message))
    assert (event.native.get("Level"), event.native["LevelName"]) == (None, "Fehler")


def test_winlogbeats_own_fields_stay() -> None:
    """What a beat adds, and what its modules made of the event, is kept beside."""
    message = {
        "@timestamp": "2026-03-02T09:00:00Z",
        "winlog": {"channel": "Security", "event_id": "4624", "computer_name": "dc",
                   "logon": {"type": "Network"}, "event_data": {"TargetUserName": "aliya"}},
        "event": {"code": "4624", "action": "Logon", "category": ["authentication"]},
        "user": {"name": "ALIYA", "roles": ["x"]},
        "agent": {"type": "winlogbeat", "hostname": "wec"},
        "custom": 1,
    }  # fmt: skip
    event = event_of(orjson.dumps(message))
    assert at(event.ecs, "user") == {"name": "aliya", "roles": ["x"]}
    assert at(event.ecs, "agent.type") == "winlogbeat"
    kept = {
        "winlog.logon.type": "Network",
        "user.name": "ALIYA",
        "event.action": "Logon",
        "agent.hostname": "wec",
        "custom": 1,
    }
    assert {name: event.native.get(name) for name in kept} == kept


def test_the_reader_is_chosen_by_keys() -> None:
    """A document is a Windows event when its keys say so, and no other one is."""
    assert reader({"EventID": 1, "Channel": "x"}) is not None
    assert reader({"System": {"EventID": 1}}) is not None
    assert reader({"EventID": 1}) is None
    assert reader({"Event": "x"}) is None
    assert reader({"winlog": "x"}) is None


def test_a_time_is_none_where_none_is_usable() -> None:
    """A parser leaves the time open where the record has none; the batch's stands in later."""
    answer = parser("windows_flat")(flat(TimeCreated="1601-01-01T00:00:00Z"), Context(0, 0, ALMATY))
    assert isinstance(answer, Parsed)
    assert (answer.time, answer.confidence) == (None, TimeConfidence.RECEIVED)
