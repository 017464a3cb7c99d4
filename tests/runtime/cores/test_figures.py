"""What is shown of matching processes."""

from prometheus_client import CollectorRegistry

from pipeline.runtime.cores.figures import Figures, watch_matching
from pipeline.runtime.cores.wire import Use


def test_each_process_is_shown_and_what_was_lost_stays_counted() -> None:
    """Processes that live, seconds that those before them used, and losses by their reason."""
    figures, registry = Figures(), CollectorRegistry()
    watch_matching(registry, figures, lambda: 7, 2)
    for place, seconds in ((0, 1.5), (1, 2.0)):
        figures.begun(place, 100 + place)
        figures.used[place] = Use(seconds, 4096)
    figures.batches[0] += 3
    figures.gone(1, "hung")
    figures.begun(1, 102)
    figures.used[1] = Use(0.5, 8192)
    figures.gone(0, "killed")
    shown = {
        (sample.name.removeprefix("saqshy_matching_"), *sample.labels.values()): sample.value
        for one in registry.collect()
        for sample in one.samples
    }
    assert shown == {
        ("processes",): 1,
        ("queue_batches",): 7,
        ("memory_bytes", "0"): 0,
        ("memory_bytes", "1"): 8192,
        ("lost_total", "killed"): 1,
        ("lost_total", "hung"): 1,
        ("batches_total", "0"): 3,
        ("batches_total", "1"): 0,
        ("cpu_seconds_total", "0"): 1.5,
        ("cpu_seconds_total", "1"): 2.5,
    }
    assert figures.ready == 3
