"""Each alert fires by its trouble, caused for real, and is quiet before."""

import json
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from tests.connectors.elastic_server import Server
from tests.dashboards.prometheus_server import prometheus, scraped, until
from tests.deploy.troubles import TROUBLES, firing, in_seconds, make_world, ordinary

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "alerts.yml"
# What cannot be caused here within minutes; promtool's tests hold their expressions.
NOT_CAUSED = {
    "SaqshyDeadLettersGrow",  # tests/integration/test_dead_letters.py makes such records
    "SaqshyIndexerBehind",  # needs a hundred thousand messages in a broker
    "SaqshyMatchingLost",  # tests/runtime/cores kill such processes
    "SaqshyRecordsDropped",  # whether the kernel drops is the machine's to say
    "SaqshyRuleErrors",  # no rule that loads is known to fail
    "SaqshyAbsent",  # in a test of its own: nothing else may be there
}


def test_every_alert_is_caused_or_named() -> None:
    """Each alert has a trouble here, or stands among those that cannot be caused."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    names = {rule["alert"] for group in groups for rule in group["rules"]}
    caused = {name for expected in TROUBLES.values() for name in expected}
    assert caused | NOT_CAUSED == names
    assert not caused & NOT_CAUSED


@pytest.mark.proof
def test_troubles_make_alerts_fire(elastic: Server, tmp_path: Path) -> None:
    """Where all is well nothing fires; each trouble makes its alerts fire."""
    rules = in_seconds(RULES.read_text(encoding="utf-8"))
    with ExitStack() as stack:
        world = make_world(tmp_path / "world", elastic, stack)
        before = len(world.targets)
        client = stack.enter_context(prometheus(tmp_path / "p", world.targets, rules))

        def fire() -> set[str]:
            return set(firing(client.get("/api/v1/alerts").json()))

        until(lambda: scraped(client, before), "every target is scraped")
        ordinary(world)
        seen: set[str] = set()
        for _ in range(25):
            threading.Event().wait(0.2)
            seen |= fire()
        assert seen == set()
        wanted = {name for expected in TROUBLES.values() for name in expected}
        for cause in TROUBLES:
            try:
                cause(world)
            except BaseException as error:
                error.add_note(f"while causing {cause.__name__}")
                raise
            told = [{"targets": world.targets}]
            (tmp_path / "p" / "targets.json").write_text(json.dumps(told), encoding="utf-8")
            seen |= fire()

        def all_fired() -> bool:
            seen.update(fire())
            return wanted <= seen

        try:
            until(all_fired, "every alert fires", 240)
        except AssertionError:
            pytest.fail(f"did not fire: {sorted(wanted - seen)}")


@pytest.mark.proof
def test_nobody_watched_is_told(tmp_path: Path) -> None:
    """Without any target the alert about that fires."""
    rules = in_seconds(RULES.read_text(encoding="utf-8"))
    with prometheus(tmp_path / "p", [], rules) as client:
        seen: set[str] = set()

        def fires() -> bool:
            seen.update(firing(client.get("/api/v1/alerts").json()))
            return "SaqshyAbsent" in seen

        until(fires, "it fires")
        assert "SaqshyAbsent" in seen
