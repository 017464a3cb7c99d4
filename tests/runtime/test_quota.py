"""Token buckets of sources."""

import pytest

from pipeline.model import NANOSECONDS
from pipeline.registry import Group
from pipeline.runtime.quota import Limit, Quotas, limits
from pipeline.settings import ListenerSettings

KEY = ("plant", "gw")


@pytest.mark.parametrize(
    ("rate", "burst", "expected"),
    [
        pytest.param(0, 0, Limit(5, 7), id="the-listeners"),
        pytest.param(100, 0, Limit(100, 0), id="its-own"),
        pytest.param(100, 30, Limit(100, 30), id="its-own-burst"),
    ],
)
def test_the_registrys_limit_counts_before_the_listeners(
    rate: int, burst: int, expected: Limit
) -> None:
    """A source's own quota is taken, else that of the listener over which it comes."""
    listener = ListenerSettings(
        name="edge", kind="syslog_tcp", quota_records_per_second=5, quota_burst=7
    )
    quotas = Quotas(limits([listener]))
    group = Group("plant", "gw", (), (), rate, burst)
    assert quotas.limit("edge", group) == expected
    assert quotas.limit("other", Group("plant", "gw", (), ())) == Limit(0, 0)


def test_a_bucket_is_spent_and_fills_again() -> None:
    """A burst may come at once, then so much as the rate earns; never more than the burst."""
    quotas, limit = Quotas(), Limit(10, 50)
    assert quotas.room(KEY, limit, 0) == 50
    assert quotas.charge(KEY, limit, 50, 0) == 0
    assert quotas.room(KEY, limit, 0) == 0
    assert quotas.room(KEY, limit, 2 * NANOSECONDS) == 20
    assert quotas.room(KEY, limit, 3600 * NANOSECONDS) == 50
    assert Limit(10).depth == 100


def test_who_owes_waits_until_it_is_paid() -> None:
    """What is taken beyond the bucket is paid by waiting; a clock set back earns none."""
    quotas, limit = Quotas(), Limit(10, 50)
    assert quotas.charge(KEY, limit, 70, 5 * NANOSECONDS) == 2.0
    assert quotas.room(KEY, limit, 6 * NANOSECONDS) == -10
    assert quotas.room(KEY, limit, 0) == -20
    assert quotas.charge(KEY, limit, 0, 7 * NANOSECONDS) == 0
