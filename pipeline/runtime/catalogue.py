"""The catalogue of all time series of all processes: a table for code, a page for people."""

from collections.abc import Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from pipeline.runtime.series import KNOWN, SERIES, Series
from pipeline.runtime.shown_series import SHOWN

CATALOGUE: Mapping[str, Series] = {**SERIES, **{series.name: series for series in SHOWN}}
_GROUPS = (
    ("run", "Standalone", "`saqshy run`: everything in one process."),
    ("collector", "Collector", "`saqshy collect`, in a cluster."),
    ("worker", "Worker", "`saqshy worker`, in a cluster."),
    ("notifier", "Notifier", "`saqshy notifier`, in a cluster."),
    ("indexer", "Indexer", "`saqshy indexer`, in a cluster."),
    ("auditor", "Auditor", "`saqshy auditor`, beside a standalone system."),
    ("web", "Web", "`saqshy web`: console and API."),
)
PROCESSES = tuple(name for name, _, _ in _GROUPS)


def family(name: str) -> GaugeMetricFamily:
    """Make the family of a gauge of the catalogue, without values."""
    series = CATALOGUE[name]
    return GaugeMetricFamily(name, series.help, labels=series.labels)


def counted_family(name: str) -> CounterMetricFamily:
    """Make the family of a counter of the catalogue, without values."""
    series = CATALOGUE[name]
    return CounterMetricFamily(name, series.help, labels=series.labels)


def sample_names(series: Series) -> tuple[str, ...]:
    """Give the names under which a series' samples stand in a scrape."""
    if series.kind == "histogram":
        return tuple(f"{series.name}_{part}" for part in ("bucket", "sum", "count"))
    return (series.name,)


def page() -> str:
    """Write the catalogue as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# metrics"
    yield ""
    yield "Made by `saqshy metrics --markdown`; a test holds it equal to the code. Times are in"
    yield "seconds, sizes in bytes. No label carries what a sender chose: values are closed lists,"
    yield "names of the law pack, ids of rules, or registered objects and sources, each up to a"
    yield "number; the rest is `other`. A histogram has `_bucket`, `_sum` and `_count`."
    yield ""
    yield "| Process | What |"
    yield "| --- | --- |"
    yield from (f"| {name} | {text} |" for _, name, text in _GROUPS)
    yield ""
    yield "| Series | Kind | Labels | Shown by | What |"
    yield "| --- | --- | --- | --- | --- |"
    for name in sorted(CATALOGUE):
        series = CATALOGUE[name]
        labels = ", ".join(f"`{label}`" for label in series.labels)
        yield (
            f"| `{name}` | {series.kind} | {labels} | {', '.join(series.shown_by)}"
            f" | {series.help} |"
        )
    yield ""
    yield "| Label | Its values |"
    yield "| --- | --- |"
    for label in sorted(KNOWN):
        yield f"| `{label}` | {', '.join(sorted(KNOWN[label]))} |"
