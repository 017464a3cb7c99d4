"""Documents by themselves: how far a notice has come, and in which form a document is kept."""

from dataclasses import replace

import orjson
import pytest

from connectors.stores.elasticsearch.documents import Documents, content, plain, standing_version
from connectors.stores.elasticsearch.names import Names
from pipeline.model import Notice, NoticeState, Tried, to_json
from tests.connectors.stores.nouns import at, incident, notice

DOCUMENTS = Documents(Names())
MADE = notice(1, next_attempt_at=at(1))
HELD = replace(MADE, state=NoticeState.HELD)
FREED = replace(MADE, next_attempt_at=at(60))
FAILED = replace(FREED, state=NoticeState.FAILED, attempts=1, next_attempt_at=at(90))
DEAD = replace(FAILED, state=NoticeState.DEAD, attempts=2, next_attempt_at=at(9_000))
AGAIN = replace(DEAD, state=NoticeState.PENDING, next_attempt_at=at(100), tried=Tried(forgiven=2))
SENT = replace(AGAIN, state=NoticeState.SENT, attempts=3)
DONE = replace(SENT, state=NoticeState.ACKNOWLEDGED)


@pytest.mark.parametrize(
    "life",
    [
        pytest.param([MADE, HELD, FREED, FAILED, DEAD, AGAIN, SENT, DONE], id="a long life"),
        pytest.param([MADE, replace(MADE, state=NoticeState.SENT, attempts=1)], id="sent at once"),
        pytest.param([DEAD, replace(DEAD, state=NoticeState.ACKNOWLEDGED)], id="receipt by hand"),
    ],
)
def test_a_notice_never_goes_back(life: list[Notice]) -> None:
    """Each step of a notice has a greater version than the one before, within 63 bits."""
    versions = [standing_version(one) for one in life]
    assert versions == sorted(set(versions))
    assert 0 <= versions[0] <= versions[-1] < 2**63


def test_version_of_absurd_values() -> None:
    """Whatever stands in a notice, its version is one that Elasticsearch takes."""
    for one in (replace(MADE, next_attempt_at=-1), replace(DONE, attempts=2**40)):
        assert 0 <= standing_version(one) < 2**63


def test_plain_form_of_a_noun() -> None:
    """A noun's plain form has the keys by which it is found, and reads back as it was."""
    revision, _ = DOCUMENTS.incidents([incident(1)])
    kept = orjson.loads(plain(revision).body)
    assert (kept["id"], kept["revision"], kept["object_id"]) == ("incident-1", 1, "power-7")
    assert "assessment" not in kept
    assert content(kept) == to_json(incident(1))


@pytest.mark.parametrize(
    "lines",
    [
        b"",
        b"{}",
        b"[1]",
        b"no json",
        b'{"@timestamp": 1}',
        b'{"@timestamp":"2026-01-01","saqshy":{"batch":"b","index":0,"received_at":"A/*"}}',
    ],
)
def test_lines_that_are_no_events(lines: bytes) -> None:
    """What is no event raises ValueError, whatever it is."""
    with pytest.raises(ValueError, match=r"."):
        list(DOCUMENTS.events(lines))
