"""IODEF v2 in JSON, held to RFC 8727's schema."""

import orjson
import pytest
from hypothesis import given, settings

from pipeline.notify.exports import Exported, iodef_json
from tests.notify.exports.made import UNTITLED, exports, stubbed, titled, whole
from tests.notify.exports.schemas import iodef_json as schema


def problems(data: bytes) -> list[str]:
    return [one.message for one in schema().iter_errors(orjson.loads(data))]


@pytest.mark.parametrize("record", [whole(), stubbed()], ids=["whole", "stub"])
def test_it_is_valid(record: Exported) -> None:
    """A whole incident and a stub are valid against the RFC's schema."""
    assert problems(iodef_json.write([record], titled(record, "оқиға"))) == []


@settings(max_examples=25)
@given(record=exports)
def test_any_is_valid(record: Exported) -> None:
    """Whatever stands in an incident, the document is valid."""
    assert problems(iodef_json.write([record], UNTITLED)) == []


def test_the_schema_is_asked() -> None:
    """A key that RFC 8727 does not know is found: the check can fail."""
    data = iodef_json.write([whole()], UNTITLED)
    assert problems(data.replace(b'"DetectTime"', b'"DetectedTime"'))


def test_a_title_is_a_description() -> None:
    """The line for people is the incident's description."""
    held = orjson.loads(iodef_json.write([whole()], titled(whole(), "Оқыс оқиға")))
    assert held["version"] == "2.00"
    assert held["Incident"][0]["Description"] == [{"value": "Оқыс оқиға", "lang": "kk"}]
