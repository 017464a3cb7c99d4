"""Each alert fires by its trouble, caused for real, and is quiet before."""

import json
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from tests.connectors.elastic_server import Server
from tests.connectors.kafka_broker import Broker
from tests.dashboards.prometheus_server import prometheus, scraped, until
from tests.deploy.troubles import TROUBLES, fired, in_seconds
from tests.deploy.world import make_world, ordinary

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "alerts.yml"
QUIET_SECONDS = 60.0  # longer than the longest ``for`` has become
EVERY = "2s"  # a busy machine answers late, and that is no trouble of ours
PATIENCE = 240.0


def named() -> set[str]:
    """Give the names of all alerts."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return {rule["alert"] for group in groups for rule in group["rules"]}


def test_every_alert_has_its_trouble() -> None:
    """Each alert is caused here; that nobody is watched at all has a test of its own."""
    caused = [name for expected in TROUBLES.values() for name in expected]
    assert sorted([*caused, "SaqshyAbsent"]) == sorted(named())


@pytest.mark.proof
def test_troubles_make_alerts_fire(elastic: Server, kafka: Broker, tmp_path: Path) -> None:
    """Where all is well nothing fires; each trouble makes its alerts fire."""
    rules = in_seconds(RULES.read_text(encoding="utf-8"))
    with ExitStack() as stack:
        world = make_world(tmp_path / "world", elastic, kafka, stack)
        before = len(world.targets)
        client = stack.enter_context(prometheus(tmp_path / "p", world.targets, rules, EVERY))
        until(lambda: scraped(client, before), "every target is scraped")
        ordinary(world)
        well = time.monotonic()
        until(lambda: time.monotonic() > well + QUIET_SECONDS, "nothing happens")
        assert fired(client) == set()
        for cause in TROUBLES:
            try:
                cause(world)
            except BaseException as error:
                error.add_note(f"while causing {cause.__name__}")
                raise
            told = [{"targets": world.targets}]
            (tmp_path / "p" / "targets.json").write_text(json.dumps(told), encoding="utf-8")
        wanted = named() - {"SaqshyAbsent"}
        end = time.monotonic() + PATIENCE
        until(lambda: wanted <= fired(client) or time.monotonic() > end, "it ends", 2 * PATIENCE)
        assert fired(client) == wanted


@pytest.mark.proof
def test_nobody_watched_is_told(tmp_path: Path) -> None:
    """Without any target the alert about that fires."""
    rules = in_seconds(RULES.read_text(encoding="utf-8"))
    with prometheus(tmp_path / "p", [], rules) as client:
        until(lambda: "SaqshyAbsent" in fired(client), "it fires")
        assert fired(client) == {"SaqshyAbsent"}
