"""IBM's Log Event Extended Format beyond the reviewed records."""

import pytest
from hypothesis import given

from pipeline.model import FailureCode
from tests.normalize.mutations import broken, expect_one_outcome
from tests.normalize.reading import at, event_of, failure_of


@pytest.mark.parametrize(
    ("field", "delimiter"),
    [
        ("^", "^"), ("x09", "\t"), ("0x09", "\t"), ("x5E", "^"), ("X5e", "^"), ("0x7c", "|"),
        ("", "\t"), ("#", "#"), (";", ";"),
    ],
)  # fmt: skip
def test_delimiters(field: str, delimiter: str) -> None:
    """Version 2 names its delimiter as itself or by its code, and means a tab by nothing."""
    event = event_of(
        f"LEEF:2.0|Example|Gate|7|deny|{field}|src=192.0.2.1{delimiter}policy=a b{delimiter}sev=3"
    )
    assert (event.native["policy"], at(event.ecs, "event.severity"), event.notes) == ("a b", 3, ())


def test_version_1_knows_no_delimiter() -> None:
    """In version 1 a sixth field is the first attribute's."""
    event = event_of("LEEF:1.0|Example|Gate|7|deny|policy=a^b|c\tsrc=192.0.2.1")
    assert event.native["policy"] == "a^b|c"


def test_what_has_no_product_is_refused() -> None:
    """What begins as LEEF and names no product is a failure that names the way out."""
    failure = failure_of("LEEF:2.0|vendor")
    assert failure.code is FailureCode.SYNTAX
    assert "format to auto" in failure.detail


@given(record=broken("leef"))
def test_broken_records_come_to_an_end(record: bytes) -> None:
    """Whatever is done to a record, it gives an event or a failure."""
    expect_one_outcome(record, "auto")
    expect_one_outcome(record, "leef")
