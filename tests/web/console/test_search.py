"""Search pages: mistakes at their place, facets that narrow, addresses that last."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline.access import Role
from pipeline.model import NANOSECONDS
from pipeline.ports.searching import Kind
from pipeline.web.console.asking import DAY, HOUR, MOST_BARS, Question, quoted, step_of, typed
from tests.web.console.consoles import browser
from tests.web.desks import NOW, Centre, centre, incident_of


@pytest.fixture(scope="module")
def made() -> Centre:
    """Give the centre."""
    return centre()


def test_a_mistake_is_shown_at_its_place(made: Centre) -> None:
    """A question that cannot be read comes back with its fault marked, and finds nothing."""
    text = browser(made, Role.ANALYST).get("/incidents?q=state:(new").text
    assert "<mark>" in text
    assert 'value="state:(new"' in text
    assert incident_of("plain") not in text


def test_a_field_of_others_finds_nothing(made: Centre) -> None:
    """Who may not see a field finds nothing by it, and is told nothing of it."""
    client = browser(made, Role.REGULATOR)
    for field in ("fold_key", "no_such_field"):
        assert incident_of("plain") not in client.get(f"/incidents?q={field}:x").text


def test_a_question_finds(made: Centre) -> None:
    """A question in KQL finds what it asks for, and only that."""
    text = browser(made, Role.ANALYST).get("/incidents?q=object_id: bank").text
    assert incident_of("bank") in text
    assert incident_of("plain") not in text


def test_facets_narrow(made: Centre) -> None:
    """The link of a value asks the same and that value as well."""
    text = browser(made, Role.ANALYST).get("/incidents?q=state:new").text
    links = [unescape(one) for one in re.findall(r'<li><a href="(/incidents\?[^"]*)"', text)]
    wanted = [one for one in links if 'object_id: "bank"' in parse_qs(urlsplit(one).query)["q"][0]]
    assert len(wanted) == 1
    found = browser(made, Role.ANALYST).get(wanted[0]).text
    assert incident_of("bank") in found
    assert incident_of("plain") not in found


def test_events_are_counted_on_demand(made: Centre) -> None:
    """Values of events, which are many, are counted when somebody asks for it."""
    client = browser(made, Role.ANALYST)
    plain = client.get("/search?kind=events&span=all").text
    assert "windows.security</a>" not in plain
    assert "facets=yes" in plain
    assert "windows.security</a>" in client.get("/search?kind=events&span=all&facets=yes").text


def test_pages_follow_each_other(made: Centre) -> None:
    """An expired or foreign cursor is told as such and breaks nothing."""
    answer = browser(made, Role.ANALYST).get("/incidents?after=nonsense")
    assert answer.status_code == 200
    assert "cannot be answered" in answer.text


@pytest.mark.parametrize("span", [HOUR, DAY, 7 * DAY, 30 * DAY, 20 * 365 * DAY, NANOSECONDS])
def test_bars_are_few(span: int) -> None:
    """A histogram of any span of time has a bounded number of bars."""
    assert span // step_of(NOW - span, NOW) < MOST_BARS


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-03-02T17:00", 1_772_470_800),
        ("2026-03-02T17:00:05", 1_772_470_805),
        ("2026-03-02T17:00:05Z", 1_772_470_805),
        ("tomorrow", None),
        ("9999-12-31T00:00", None),
        ("", None),
    ],
)
def test_times_as_browsers_write_them(text: str, at: int | None) -> None:
    """A time of a field is UTC to the second; what is none is not there."""
    assert typed(text) == (None if at is None else at * NANOSECONDS)


def test_a_lasting_address_means_the_same_later() -> None:
    """A span that follows from now becomes two times in the lasting address."""
    asked = Question.of("/search", {"q": "a:b", "span": "day"}, (Kind.EVENTS,), NOW)
    address = asked.lasting(NOW)
    query = {name: one[0] for name, one in parse_qs(urlsplit(address).query).items()}
    again = Question.of("/search", query, (Kind.EVENTS,), NOW + 5 * DAY)
    assert (again.begin, again.end, again.text) == (asked.begin, NOW, "a:b")


def test_a_value_is_quoted_whole() -> None:
    """Quotes and backslashes of a value do not end it."""
    assert quoted('a"b\\c') == '"a\\"b\\\\c"'
