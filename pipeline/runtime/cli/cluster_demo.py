"""`saqshy cluster demo`: the bundled scenario through a real cluster on this machine."""

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
import yaml

from connectors.stores.elasticsearch.store import ElasticStore, open_elastic
from connectors.stores.kafka.topics import Told
from pipeline.errors import SaqshyError
from pipeline.incidents.audit import verify
from pipeline.model import Notice
from pipeline.runtime.cli.output import FOUND, say, stop, told_errors
from pipeline.runtime.cli.story_show import Show, show_story
from pipeline.runtime.clocks import StoryClock
from pipeline.runtime.cluster.working import cluster_of
from pipeline.runtime.configuration import bundled, read_settings
from pipeline.runtime.local.cluster import LocalCluster, local_cluster
from pipeline.runtime.local.follow import Follow
from pipeline.runtime.local.processes import Running, done
from pipeline.runtime.local.settings import emptied
from pipeline.runtime.player import Place, Player
from pipeline.runtime.story import Story, load_story

PATIENCE = 180.0  # seconds: a busy machine takes its time
ASKED_EACH = 0.05  # seconds between two looks at what the collector counted


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the story.")] = False,
    seconds: Annotated[
        float, typer.Option(min=0, help="How long the story takes at least; 0: no pauses.")
    ] = 45.0,
    folder: Annotated[
        Path, typer.Option("--dir", help="Settings, logs and keys of the demonstration.")
    ] = Path("var/cluster-demo"),
    workers: Annotated[int, typer.Option(min=1, max=16, help="How many workers.")] = 1,
) -> None:
    """Start Kafka, Elasticsearch and every process of a cluster here, and play the bundled story.

    TLS everywhere, and a user with the least rights for each process. Takes a minute to start and
    about 2 GB of memory. Needs the project's sources, JDK 17 and Maven.
    Example: saqshy cluster demo --once
    """
    with told_errors():
        story = load_story(bundled("scenario") / "story.yml")
        home = emptied(folder.resolve())
        ended = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
        clock = StoryClock(story.instant(story.begins), told=home / "clock.json")
        with local_cluster(home, workers, say) as cluster:
            whole = _play(story, clock, cluster, seconds, ended)
            if not once and not ended.is_set():
                clock.run_on()
                _look_around(cluster, ended)
        if once and not whole:
            stop(FOUND, "the story did not end as it should: see above")
        say(f"ended; what it said is in {home}")


def _play(
    story: Story,
    clock: StoryClock,
    cluster: LocalCluster,
    seconds: float,
    ended: threading.Event,
) -> bool:
    """Play the story and show its table; tell whether all is as it should be."""
    show = Show()
    settings = cluster_of(read_settings(cluster.settings("watch")))
    with Follow(settings, _shown(show)) as follow:
        taken = _Taken(cluster.collector, show)

        def tick() -> None:
            """Wait until the moment came through: the collector tells of it by itself."""
            _wait(lambda: follow.settled(clock.now()), ended)

        player = Player(
            story=story,
            places=_places(story, cluster),
            clock=clock,
            seen=taken,
            settled=lambda: follow.settled(clock.now()),
            tick=tick,
            tell=show.narrate,
            stopping=ended.is_set,
            patience=PATIENCE,
        )
        player.play(seconds)
        if ended.is_set():
            say("ended before the story did")
            return False
        whole = _wait(lambda: follow.settled(clock.now()), ended)
        if _undelivered(follow):
            clock.run_on()  # or what waits for a later time would wait for ever
            whole = _wait(lambda: not _undelivered(follow), ended) and whole
        store = _indexed(cluster)
        try:
            whole = _wait(lambda: _same(follow, store), ended) and whole
            show_story(store.incidents.latest(), store.notices.list())
        finally:
            store.close()
        whole = _audited(cluster) and whole
        show.totals(player.sent, player.lost)
        breaks = verify(follow.entries)
        say(f"audit trail: {len(breaks)} break(s)" if breaks else "the audit trail verifies")
        return whole and not breaks and not player.lost


@dataclass(slots=True)
class _Taken:
    """Gives how many records the collector has taken or refused; shows what came of whom."""

    collector: Running
    show: Show
    _asked: float = float("-inf")
    _count: int = 0
    _by_listener: dict[str, int] = field(default_factory=dict)

    def __call__(self) -> int:
        if time.monotonic() - self._asked < ASKED_EACH:
            return self._count
        self._asked = time.monotonic()
        taken = self.collector.figure("saqshy_journal_records_total")
        for (listener,), count in taken.items():
            if more := int(count) - self._by_listener.get(listener, 0):
                self.show.arrived(listener, more)
                self._by_listener[listener] = int(count)
        refused = self.collector.figure("saqshy_records_refused_total")
        self._count = int(sum(taken.values()) + sum(refused.values()))
        return self._count


def _shown(show: Show) -> Callable[[Told | Notice], None]:
    def watch(told: Told | Notice) -> None:
        if isinstance(told, Notice):
            if told.receipt is not None or told.last_error:
                show.notice(told)
            return
        for finding in told.findings:
            show.finding(finding)
        for incident in told.incidents:
            show.incident(incident)

    return watch


def _places(story: Story, cluster: LocalCluster) -> dict[str, Place]:
    found = {}
    for name, channel in story.listeners.items():
        if channel == "file":
            found[name] = Place(path=cluster.places.folder / f"{name}.ndjson")
        else:
            found[name] = Place(port=int(cluster.collector.address(name).rpartition(":")[2]))
    return found


def _wait(holds: Callable[[], bool], ended: threading.Event) -> bool:
    """Wait for a condition; tell whether it came to hold."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end or ended.is_set():
            return False
        time.sleep(0.02)
    return True


def _undelivered(follow: Follow) -> bool:
    follow.pump()
    return follow.due(2**63 - 1)


def _indexed(cluster: LocalCluster) -> ElasticStore:
    elastic = read_settings(cluster.settings("web")).elasticsearch
    assert elastic is not None  # it was written so
    return open_elastic(elastic)


def _same(follow: Follow, store: ElasticStore) -> bool:
    """Tell whether Elasticsearch shows all that the topics told."""
    incidents = {one.id: one.revision for one in store.incidents.latest()}
    notices = {one.id: one.state for one in store.notices.list()}
    told = {one.id: one.revision for one in follow.incidents.values()}
    return incidents == told and notices == {one.id: one.state for one in follow.notices.values()}


def _audited(cluster: LocalCluster) -> bool:
    """Have the auditor look at everything; tell whether all is as it was owed."""
    own = cluster.places.folder / "auditor"
    config = yaml.safe_load((own.parent / "auditor.yml").read_text(encoding="utf-8"))
    config["auditor"] |= {"state": str(own / "once.db"), "port": None}
    path = own / "once.yml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    clock = str(cluster.places.folder / "clock.json")
    words = ("auditor", "--once", "--all", "--config", str(path), "--clock", clock)
    try:
        say(f"the auditor: {done(*words).strip()}")
    except SaqshyError as error:
        say(str(error))
        return False
    return True


def _look_around(cluster: LocalCluster, ended: threading.Event) -> None:
    config = cluster.settings("admin")
    say(f"look around: saqshy cluster status --config {config}; Ctrl-C ends it")
    while not ended.wait(1.0):
        for one in cluster.processes.values():
            one.ready()  # raises where it has ended
