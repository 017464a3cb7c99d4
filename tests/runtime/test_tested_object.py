"""Tests of rules that describe the object which sends the records."""

import pytest

from pipeline.errors import ConfigurationError
from pipeline.model import RawBatch
from pipeline.runtime.tested_object import reading_of


def batch(record: bytes) -> RawBatch:
    return RawBatch("b", "rule-test", "rule-test", 1, 0, 1, 1, format="json", records=(record,))


def test_the_records_are_those_of_the_object() -> None:
    """What the registry would say of such an object stands in the event."""
    read = reading_of({"state_body": True})(batch(b'{"a": 1}'))
    assert read.events[0].ecs["labels"]["state_body"] == "true"


def test_an_object_that_is_none_is_told_with_its_place() -> None:
    """A misspelt field of the record is an error of the test, and names itself."""
    with pytest.raises(ConfigurationError, match=r"object\.network\.gatways"):
        reading_of({"network": {"gatways": []}})
