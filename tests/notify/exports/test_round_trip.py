"""One incident through every format and back, whatever stands in it."""

from contextlib import suppress
from types import ModuleType

import pytest
from hypothesis import given, settings

from pipeline.errors import IntegrityError
from pipeline.notify.exports import Exported, csv_table, iodef_json, iodef_xml, ocsf, stix
from tests.notify.exports.made import MAIL, PERSON, UNTITLED, exports, stubbed, titled, whole

FORMATS = [iodef_xml, iodef_json, stix, ocsf, csv_table]
each_format = pytest.mark.parametrize("form", FORMATS, ids=lambda one: one.__name__[24:])


@each_format
def test_one_that_has_everything_comes_back(form: ModuleType) -> None:
    """An incident with every part, and a stub beside it, is read back equal."""
    records = [whole(), stubbed()]
    details = records[0].details
    assert details is not None
    assert details.findings
    assert details.observables
    assert details.told
    assert details.times.closed_at
    for one in records:
        assert form.read(form.write([one], titled(one))) == [one]


@each_format
@settings(max_examples=40)
@given(record=exports)
def test_any_comes_back(form: ModuleType, record: Exported) -> None:
    """Whatever texts, names and times an incident has, it is read back equal."""
    assert form.read(form.write([record], titled(record))) == [record]


@each_format
def test_equal_incidents_are_equal_bytes(form: ModuleType) -> None:
    """The bytes depend on the record alone."""
    assert form.write([whole()], UNTITLED) == form.write([whole()], UNTITLED)


@each_format
def test_no_person_leaves(form: ModuleType) -> None:
    """Neither a user's name nor an address of e-mail is in the bytes, nor a command line."""
    data = form.write([whole()], UNTITLED).decode("utf-8")
    for text in (PERSON, MAIL, "net user", "aigul"):
        assert text not in data
    assert "user-2" in data


@each_format
def test_a_stub_says_no_more(form: ModuleType) -> None:
    """Of what the guard does not hold open no rule, host, party, hash or revision leaves."""
    data = form.write([stubbed()], UNTITLED).decode("utf-8")
    for text in ("Guessed", "scada", "203.0.113.45", "T1110", "North", "energo", "0" * 30):
        assert text not in data
    assert "KZ-EN-1" in data


@each_format
@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b"null", b"<a/>", b"\xff\xfe", b'{"Incident": [{}]}', b'{"objects": [1]}'],
    ids=range(8),
)
def test_what_is_none_of_ours_is_told(form: ModuleType, data: bytes) -> None:
    """Bytes of others end in the error for it, or in no incident, never in another error."""
    found = []
    with suppress(IntegrityError):
        found = form.read(data)
    assert found == []
