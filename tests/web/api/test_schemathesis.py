"""Whatever is sent along the description: the interface never fails by a mistake of its own."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings

from pipeline.access import Role
from tests.web.api.browser import GENEROUS, Client
from tests.web.desks import centre, viewer

CLIENT = Client(centre(), viewer(Role.DUTY_LEAD), GENEROUS)
BASE = "http://here/api/v1"
SCHEMA = schemathesis.openapi.from_dict(CLIENT.json("/openapi.json"))
QUIET = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)


def _fails_nowhere(case: Any) -> None:
    sent = case.as_transport_kwargs(base_url=BASE)
    sent.pop("cookies", None)
    if isinstance(sent.get("data"), bytes):
        sent["content"] = sent.pop("data")
    told = sent.get("headers") or {}
    sent["headers"] = [
        (name.encode(), str(value).encode("latin-1")) for name, value in told.items()
    ]
    method, url = sent.pop("method"), sent.pop("url")
    assert url.startswith(BASE)
    answer = CLIENT.request(method, url.removeprefix(BASE), **sent)
    assert answer.status_code < 500, answer.text
    assert answer.headers["cache-control"] == "no-store"


@SCHEMA.parametrize()
@settings(max_examples=3, deadline=None, suppress_health_check=QUIET, phases=[Phase.generate])
def test_nothing_that_is_sent_makes_it_fail(case: Any) -> None:
    """Requests made from the description, good ones and broken ones, are answered below 500."""
    _fails_nowhere(case)


@pytest.mark.proof
@SCHEMA.parametrize()
@settings(max_examples=200, deadline=None, suppress_health_check=QUIET)
def test_nothing_at_length_makes_it_fail(case: Any) -> None:
    """So it is with many more of them."""
    _fails_nowhere(case)
