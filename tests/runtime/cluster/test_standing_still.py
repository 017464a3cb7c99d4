"""How long a tick waits is shown, and told where it is too long."""

from prometheus_client import CollectorRegistry

from pipeline.runtime.cluster.standing_still import (
    LONG_SECONDS,
    StandingStill,
    watch_standing_still,
)


def test_a_tick_that_waits_too_long_is_told() -> None:
    """From the first sight of it, of whichever partition; another tick begins anew."""
    at = [100.0]
    standing, registry = StandingStill(lambda: at[0]), CollectorRegistry()
    watch_standing_still(registry, standing)

    def shown() -> float | None:
        return registry.get_sample_value("saqshy_tick_waits_seconds")

    assert (shown(), standing.trouble) == (0.0, "")
    standing.note("p", ("c1/clock", 3))
    at[0] += LONG_SECONDS
    standing.note("p", ("c1/clock", 3))
    standing.note("q", ("c1/clock", 4))
    assert (shown(), standing.trouble) == (LONG_SECONDS, "")
    at[0] += 1
    assert "tick 3 of c1/clock" in standing.trouble
    assert "10 minutes" in standing.trouble
    standing.note("p", ("c1/clock", 4))
    assert (shown(), standing.trouble) == (1.0, "")
    standing.note("q", None)
    assert shown() == 0.0
    at[0] += LONG_SECONDS + 1
    assert standing.trouble
    standing.forget()
    assert standing.trouble == ""
