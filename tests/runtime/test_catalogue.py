"""The catalogue of series: equal to what is shown, to its page, and bounded in its labels."""

import re
from pathlib import Path

import orjson
import pytest
from prometheus_client import CollectorRegistry
from typer.testing import CliRunner

from pipeline.runtime.catalogue import CATALOGUE, PROCESSES, page
from pipeline.runtime.cli.app import app
from pipeline.runtime.cluster.health import ReadyGauge
from pipeline.runtime.cluster.indexing_figures import IndexingFigures
from pipeline.runtime.telemetry import Prometheus
from tests.runtime.centre import centre, entry, failures

PAGE = Path(__file__).parents[2] / "deploy" / "prometheus" / "METRICS.md"
RUN = CliRunner()


def families(registry: CollectorRegistry) -> dict[str, tuple[str, str]]:
    """Give kind and help of each family that a registry shows, by the name of the catalogue."""
    return {
        f"{one.name}_total" if one.type == "counter" else one.name: (one.type, one.documentation)
        for one in registry.collect()
    }


def told(name: str) -> tuple[str, str]:
    return CATALOGUE[name].kind, CATALOGUE[name].help


def test_a_running_system_shows_what_the_catalogue_says(tmp_path: Path) -> None:
    """Each family that a standalone system shows stands in the catalogue, with kind and help."""
    with centre(tmp_path) as made:
        made.take(failures(45))
        made.take([entry(46)])
        made.tick(10)
        registry = made.system.metrics
        made.system._gauges().register(registry)
        shown = families(registry)
        assert {name: told(name) for name in shown} == shown
        labels = {
            (one.name, *sample.labels) for one in registry.collect() for sample in one.samples
        }
    for name, *used in labels:
        series = CATALOGUE.get(name) or CATALOGUE[f"{name}_total"]
        assert {*used} <= {*series.labels, "le"}, name
    of_run = {name for name, one in CATALOGUE.items() if "run" in one.shown_by}
    elsewhere = ("saqshy_matching_", "saqshy_event_stream_", "saqshy_ncc_")
    absent = {name for name in of_run - set(shown) if not name.startswith(elsewhere)}
    assert absent == set()


def test_the_clusters_parts_show_what_the_catalogue_says() -> None:
    """What an indexer shows, and the state of each process, is the catalogue's."""
    registry = IndexingFigures().registry
    registry.register(ReadyGauge(lambda: ""))
    shown = families(registry)
    assert {name: told(name) for name in shown} == shown
    assert {name for name, one in CATALOGUE.items() if "indexer" in one.shown_by} == set(shown)


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_series_are_in_base_units(name: str) -> None:
    """Counters end in _total, times are seconds, sizes bytes; every process is a known one."""
    series = CATALOGUE[name]
    assert name.endswith("_total") == (series.kind == "counter")
    assert not re.search(r"_(ms|millis|micros|minutes|hours|kb|mb|percent)(_|$)", name)
    assert series.help.endswith(".")
    assert set(series.shown_by) <= set(PROCESSES)
    assert not {"user", "address", "path", "text", "title", "party", "id"} & set(series.labels)


def test_the_page_is_the_code() -> None:
    """deploy/prometheus/METRICS.md is what `saqshy metrics --markdown` prints."""
    done = RUN.invoke(app, ["metrics", "--markdown"])
    assert done.exit_code == 0
    assert done.stdout == page() == PAGE.read_text(encoding="utf-8")


def test_the_command_lists_a_process() -> None:
    """With --process only what that process shows is listed; --json gives one line a series."""
    done = RUN.invoke(app, ["metrics", "--process", "indexer", "--json"])
    assert done.exit_code == 0
    listed = [orjson.loads(line) for line in done.stdout.splitlines()]
    assert {one["name"] for one in listed} == {
        name for name, one in CATALOGUE.items() if "indexer" in one.shown_by
    }


def test_an_unknown_process_is_told() -> None:
    """A process that there is not ends the command with 2 and names those that there are."""
    done = RUN.invoke(app, ["metrics", "--process", "invented"])
    assert done.exit_code == 2
    assert "notifier" in done.output


def test_two_processes_register_without_a_clash() -> None:
    """What counts and what is shown never meet under one name in a registry."""
    registry = CollectorRegistry()
    Prometheus(registry)
    registry.register(ReadyGauge(lambda: "why not"))
    assert registry.get_sample_value("saqshy_ready") == 0
