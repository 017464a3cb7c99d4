"""How old what an indexer has not written is: told at each scrape, while it writes or waits."""

import pytest
from prometheus_client import CollectorRegistry

from pipeline.runtime.cluster.indexing_figures import IndexingFigures
from pipeline.runtime.cluster.indexing_lag import IndexingLag

NOW = 1_000.0


@pytest.mark.parametrize(
    ("behind", "writing", "written", "seconds"),
    [
        (0, {}, {}, 0),
        (0, {"t": 400.0}, {}, 600),
        (7, {"t": 400.0}, {"t": 100.0}, 600),
        (7, {}, {"t": 100.0}, 900),
        (0, {}, {"t": 100.0}, 0),
        (0, {"t": 1_200.0}, {}, 0),
    ],
    ids=["nothing yet", "writes", "writes on", "more is to be read", "all is written", "ahead"],
)
def test_the_age_is_that_of_the_oldest(
    behind: int, writing: dict[str, float], written: dict[str, float], seconds: float
) -> None:
    """It is that of what is being written, else of what was written last where more waits."""
    registry = CollectorRegistry()
    lag = IndexingLag(lambda: NOW)
    registry.register(lag)
    lag.begun(written)
    lag.ended()
    lag.begun(writing)
    lag.behind("t", behind)
    assert registry.get_sample_value("saqshy_indexer_lag_seconds", {"topic": "t"}) == seconds
    assert registry.get_sample_value("saqshy_indexer_lag_messages", {"topic": "t"}) == behind


def test_figures_tell_both() -> None:
    """An indexer's figures show messages and age by topic, and its version without revisions."""
    figures = IndexingFigures()
    figures.begun({"events": 1.0})
    figures.lag("events", 3)
    shown = {
        sample.name: sample
        for family in figures.registry.collect()
        for sample in family.samples
        if sample.name.startswith(("saqshy_indexer_lag", "saqshy_versions"))
    }
    assert shown["saqshy_indexer_lag_messages"].value == 3
    assert shown["saqshy_indexer_lag_seconds"].value > 1_000_000_000
    labels = shown["saqshy_versions_info"].labels
    assert labels.pop("version")
    assert set(labels.values()) == {""}
