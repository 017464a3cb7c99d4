"""What is due is due by the cluster's time, whatever a notifier's own machine says."""

import pytest

from pipeline.runtime.clocks import StoryClock
from pipeline.runtime.cluster.cluster_time import ClusterTime

NOW = 1_000_000


@pytest.mark.parametrize(
    ("told", "expected"),
    [(0, NOW), (NOW - 7, NOW), (NOW + 7, NOW + 7)],
    ids=["no tick yet", "a tick that is past", "this machine is behind"],
)
def test_it_is_never_before_the_newest_tick(told: int, expected: int) -> None:
    """A clock that is behind is put right by ticks; one that is not goes on between them."""
    assert ClusterTime(StoryClock(NOW), lambda: told).now() == expected


def test_it_waits_as_its_machine_does() -> None:
    """A wait is the machine's, which a story makes short."""
    clock = ClusterTime(StoryClock(NOW, scale=0.0), lambda: NOW)
    clock.wait(3600.0)
    assert clock.now() == NOW
