"""The file of the topics: fitted to the settings, and every mistake of it told at once."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.stores.kafka.admin import Difference
from connectors.stores.kafka.topics import TOPICS
from pipeline.errors import ConfigurationError
from pipeline.runtime.cluster.topology import (
    of_state,
    read_state_topology,
    read_topology,
    topics_file,
)
from pipeline.settings import ClusterSettings

BUNDLED = ClusterSettings()
TWO = "partitions: 2\n    single: true"


def test_the_bundled_file_has_every_topic() -> None:
    """What ships is whole, and what is one order is one partition under any settings."""
    found = {one.name: one for one in read_topology(BUNDLED)}
    assert set(found) == {f"saqshy.{name}" for name in TOPICS}
    assert found["saqshy.raw"].config["min.insync.replicas"] == "2"
    small = ClusterSettings(partitions=2, replication=1, prefix="x.")
    fitted = {one.name: one for one in read_topology(small)}
    assert (fitted["x.raw"].partitions, fitted["x.audit"].partitions) == (2, 1)
    assert {one.config["min.insync.replicas"] for one in fitted.values()} == {"1"}


def test_the_state_is_kept_as_well_as_what_it_follows_from() -> None:
    """A changelog has the replicas of the topics, and the partitions that its table has."""
    found = {one.name: one for one in read_state_topology(BUNDLED)}
    fold = found["saqshy.worker-fold-changelog"]
    assert (fold.partitions, fold.replication) == (8, 3)
    assert fold.config["min.insync.replicas"] == "2"
    assert found["saqshy.worker-centre-changelog"].partitions == 1
    second = ClusterSettings(partitions=2, replication=1, prefix="x.", generation=2)
    fitted = {one.name: one for one in read_state_topology(second)}
    (notifier,) = (one for name, one in fitted.items() if name.startswith("x.notifier"))
    assert (notifier.partitions, notifier.replication) == (2, 1)
    assert notifier.config["min.insync.replicas"] == "1"
    assert not fitted.keys() & found.keys()


def test_a_generations_partitions_are_not_grown() -> None:
    """Keys of a state do not move by themselves: its way out is a rebuild."""
    fewer = Difference("x.worker-fold-changelog", "partitions", "partitions", "2", "3", mends=False)
    other = replace(fewer, kind="config", what="cleanup.policy", mends=True)
    told, left = of_state([fewer, other])
    assert "cluster rebuild" in told.way_out
    assert left == other


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda text: text.replace("  raw:", "  rew:"),
            ["topics.raw: is missing", "topics.rew: no such topic"],
        ),
        (lambda text: text.replace("replication: 3", "replication: 1"), ["min_insync 2 is more"]),
        (
            lambda text: text.replace("retention.ms: 604800000, s", "retention.sm: 1, s"),
            ["unknown key 'retention.sm'"],
        ),
        (
            lambda text: text.replace("cleanup.policy: compact, r", "cleanup.policy: delete, r"),
            ["topics.bundles: cleanup.policy must be compact", "topics.notices: cleanup.policy"],
        ),
        (
            lambda text: text.replace(TWO.replace("2", "1"), TWO),
            ["topics.tails: has 2 partitions", "topics.audit: has 2 partitions"],
        ),
        (
            lambda text: text.replace("max.message.bytes: 16777216", "max.message.bytes: 1000000"),
            ["topics.raw: max.message.bytes is below"],
        ),
        (lambda text: text.replace("partitions: 8", "partitions: none"), ["topics.raw.partitions"]),
        (lambda text: text + "\nwhat: 1\n", ["what: unknown key"]),
    ],
    ids=[
        "a topic misnamed", "replication", "a key misspelt", "clean-up", "single", "size", "number",
        "unknown",
    ],
)  # fmt: skip
def test_each_mistake_is_told_with_its_line(
    tmp_path: Path, change: Callable[[str], str], said: list[str]
) -> None:
    """What would lose messages, or is not what it says, does not load."""
    path = tmp_path / "topics.yml"
    before = topics_file(BUNDLED).read_text(encoding="utf-8")
    path.write_text(change(before), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        read_topology(ClusterSettings(topics=path))
    told = [str(one) for one in caught.value.problems]
    assert all(any(one in line for line in told) for one in said)
    assert all(one.line > 0 and one.file == str(path) for one in caught.value.problems)
