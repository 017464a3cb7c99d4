"""Times, days and numbers of an address that nothing can be computed with: told, and no failure."""

import pytest

from pipeline.access import Role
from tests.web.api.browser import Client
from tests.web.desks import centre, viewer

BEYOND = (
    "0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999999Z", "2201-01-01T00:00:00Z",
    "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00%2B14:00",
)  # fmt: skip
WAYS = ("", "/count", "/facets?fields=object_id", "/histogram?step=31622400", "/export")


@pytest.fixture(scope="module")
def lead() -> Client:
    return Client(centre(), viewer(Role.DUTY_LEAD))


@pytest.mark.parametrize("time", BEYOND)
@pytest.mark.parametrize("name", ["begin", "end"])
def test_a_time_beyond_what_is_counted_is_told(lead: Client, name: str, time: str) -> None:
    """A time before 1970 or after 2200 is a bad question of every way, which names the field."""
    for way in WAYS:
        answer = lead.get(f"/events{way}{'&' if '?' in way else '?'}{name}={time}")
        assert answer.status_code == 400, way
        assert answer.json()["field"] == name
        assert "1970" in answer.json()["detail"]


@pytest.mark.parametrize("step", [1, 366 * 86_400])
def test_the_ends_of_what_is_counted_are_answered(lead: Client, step: int) -> None:
    """From the first instant to the last one a histogram is made, or is too fine."""
    path = f"/events/histogram?begin=1970-01-01T00:00:00Z&end=2200-12-31T23:59:59Z&step={step}"
    assert lead.get(path).status_code == (200 if step > 1 else 400)


@pytest.mark.parametrize(
    "asked",
    [
        "from=9999-01-01&to=9999-12-31", "from=0001-01-01&to=2026-01-01", "from=1&to=2", "from=x",
        "month=0001-01", "month=9999-12", "month=2026-13", "month=x", "month=2026-01&year=2026",
        "from=2026-01-02&to=2026-01-01",
    ],
)  # fmt: skip
def test_what_is_no_period_is_told(lead: Client, asked: str) -> None:
    """Statistics of days that cannot be computed, or are none, are a bad question with a reason."""
    answer = lead.get(f"/statistics?{asked}")
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:saqshy:problem:bad-question"
    assert answer.json()["detail"]


@pytest.mark.parametrize("number", ["-1", "99999999999999999999", "1e400", "NaN", "9" * 4_000])
def test_what_is_no_number_is_told(lead: Client, number: str) -> None:
    """Numbers out of their bounds are refused, and in a question they find what they find."""
    for path in ("/events?limit=", "/events/histogram?step=", "/statistics?year=",
                 "/events/facets?fields=event.code&most="):  # fmt: skip
        assert lead.get(path + number).status_code in (400, 422), path
    for path in ("/events?q=source.port >= ", "/incidents/count?q=event_count: "):
        assert lead.get(path + number).status_code in (200, 400), path
