"""Why an event is of a log source, and where a rule's fields are sought."""

from pathlib import Path

import orjson

from pipeline.match.explain_mapping import explain_fields, explain_source
from tests.match.log_source_records import windows_record
from tests.match.material import content_of, event, rule_text, taxonomy
from tests.normalize.reading import event_of

SECURITY = windows_record("Security", 4688, NewProcessName="a")
RULE = "00000000-0000-4000-8000-000000000001"


def rule_on(*fields: str, **source: str) -> str:
    detection = {"selection": dict.fromkeys(fields, "x"), "condition": "selection"}
    return rule_text(detection, logsource=source)


def line_at(place: str) -> str:
    file, _, line = place.rpartition(":")
    return Path(file).read_text(encoding="utf-8").splitlines()[int(line) - 1]


def test_fields_are_told_with_their_places() -> None:
    """A field's names come in the order in which they are tried, with the lines that say so."""
    rule = content_of(rule_on("Image", "Nowhere", product="linux")).rules[RULE]
    image, nowhere = explain_fields(taxonomy(), "ecs", rule)
    assert image.names[:2] == ("Image", "process.executable")
    assert "Image:" in line_at(image.places[0])
    assert (nowhere.names[0], nowhere.places, nowhere.when) == ("Nowhere", (), "")
    assert "winlog.event_data.Nowhere" in nowhere.names


def test_names_of_one_entry_are_rows_of_their_own() -> None:
    """Security 4688 has names of its own for a process creation, and for no other rule."""
    process = rule_on("Image", product="windows", category="process_creation")
    rows = explain_fields(taxonomy(), "windows", content_of(process).rules[RULE])
    own = [row for row in rows if row.when]
    assert [(row.names[0], row.when) for row in own] == [
        ("NewProcessName", "Channel: Security and EventID: 4688")
    ]
    assert "4688" in line_at(own[0].places[0])
    other = rule_on("Image", product="windows", service="system")
    rows = explain_fields(taxonomy(), "windows", content_of(other).rules[RULE])
    assert [row.when for row in rows] == [""]


def test_labels_are_told_with_what_gives_them() -> None:
    """Each label of an event names its entry's line and condition; they are the matcher's own."""
    answer = explain_source(taxonomy(), event_of(SECURITY))
    told = {(row.kind, row.label): row for row in reversed(answer.rows)}  # the first counts
    row = told["category", "process_creation"]
    assert row.when == "Channel: Security and EventID: 4688"
    assert "4688" in line_at(row.place)
    assert told["product", "windows"].when == "always"
    for kind, labels in (
        ("product", answer.labels.products),
        ("category", answer.labels.categories),
        ("service", answer.labels.services),
    ):
        assert {label for one, label in told if one == kind} == labels


def test_a_named_label_tells_its_field() -> None:
    """A label that a field's text gives has no line: the field is told instead."""
    answer = explain_source(taxonomy(), event_of(orjson.dumps({"_path": "dns", "uid": "C"})))
    rows = [row for row in answer.rows if (row.kind, row.label) == ("product", "zeek")]
    assert [(row.when, row.place) for row in rows] == [("named by event.dataset", "")]


def test_a_rule_is_told_to_fit_or_not() -> None:
    """The answer says whether an event is of a rule's log source."""
    answer = explain_source(taxonomy(), event({}))
    fits = content_of(rule_on("a", product="plant")).rules[RULE]
    not_so = content_of(rule_on("a", product="windows")).rules[RULE]
    assert answer.covers(fits)
    assert not answer.covers(not_so)
