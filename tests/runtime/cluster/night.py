"""A short night that needs all of what keeps a cluster true: attacks, ticks, a person, an edit."""

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import orjson

from connectors.stores.kafka.topics import unpack_events
from pipeline.model import BatchKind, RawBatch, Revisions
from pipeline.runtime.bootstrap import System
from pipeline.runtime.chain import Chain
from pipeline.runtime.knowledge import Cause
from pipeline.runtime.reloading import Ask
from tests.runtime.acts import PATHS, act, latest
from tests.runtime.centre import CORRELATION, Centre, centre, entry, failures, prepare
from tests.runtime.cluster.simulated import Came, Simulated

RAWS, FOLDS = 4, 3
# What more events can refute is decided once nobody is waited for any more: by time alone.
FEW = """title: Few Tries
id: 6b6b1d0a-5b0e-4f0e-9f57-0f5f3f5d1f01
status: test
correlation:
  type: event_count
  rules: [sshd_failed_password]
  aliases: {address: {sshd_failed_password: source.ip}}
  group-by: [address]
  timespan: 1m
  condition: {lte: 20}
level: low
"""
PIECE = 2  # records of a batch: the order of batches then matters
BY_HAND = Ask(Cause("duty_lead/a.serik", "command", "a new title"), id="c1")


@dataclass(frozen=True)
class Night:
    """What one machine made of the night, and the journal that it made it of."""

    system: System
    batches: list[RawBatch]
    came: Came
    events: int

    def phases(self) -> Iterator[list[RawBatch]]:
        """Part the journal where a person acts: who acts has seen what came before."""
        acts = [at for at, one in enumerate(self.batches) if one.kind is BatchKind.COMMAND]
        cuts = sorted({0, *acts, *(at + 1 for at in acts), len(self.batches)})
        for begin, end in pairwise(cuts):
            yield self.batches[begin:end]


def elsewhere(records: list[bytes]) -> list[bytes]:
    """Give the same records of another object."""
    return [one.replace(b"bank-gw01", b"egov-web01") for one in records]


@contextmanager
def night(folder: Path) -> Iterator[Night]:
    """Play the night on one machine."""
    prepare(folder)
    (folder / "correlation" / "few.yml").write_text(FEW, encoding="utf-8")
    paths = [*PATHS, "correlation/few.yml"]
    content = {"paths": paths, "taxonomy": "taxonomies/sigma", "cache": "cache"}
    with centre(folder, content=content) as here:
        here.system.engine.terms = None  # the notifier's affair in a cluster
        for minute in (10, 12, 14):
            _attack(here, minute)
            here.tick(2)
            if minute == 10:
                act(here, "acknowledge", latest(here)[0])
            if minute == 12:
                here.edit(CORRELATION, lambda text: re.sub(r"(?m)^title: .*$", "title: new", text))
                assert here.system.reloader.reload(BY_HAND).outcome == "in_force"
        here.tick(9)
        came = Came()
        for outcome in here.outcomes:
            for part in outcome.folded:
                came.take(tuple(part.findings), tuple(part.incidents), tuple(part.notices))
                came.drafts |= {draft.entry_id for draft in part.drafts}
        batches = [batch for _, batch in here.system.stores.journal.read(0, 1_000_000)]
        yield Night(here.system, batches, came, here.system.stores.events.count())


def _attack(here: Centre, minute: int) -> None:
    tried = [*failures(minute), entry(minute)]
    other = elsewhere([*failures(minute, address="198.51.100.7"), entry(minute, "198.51.100.7")])
    for records in (tried, other):
        for at in range(0, len(records), PIECE):
            here.take(records[at : at + PIECE])


def played(
    night: Night,
    kind: type[Simulated] = Simulated,
    *,
    kills: float = 0.0,
    seed: int = 7,
    chains: Callable[[Revisions], Chain] | None = None,
    without: BatchKind | None = None,
) -> Simulated:
    """Play the night in a cluster."""
    chance = random.Random(seed)
    made = kind(chains or night.system.engine.chain, RAWS, FOLDS, chance, kills)
    for phase in night.phases():
        made.journal([one for one in phase if one.kind is not without])
        made.run()
    return made


def events(made: Simulated) -> list[dict[str, object]]:
    """Give every event that was sent, each once by its id."""
    found = {}
    for (name, _), log in made.logs.items():
        for value in log if name == "events" else ():
            lines = unpack_events(value)
            assert isinstance(lines, bytes), lines
            for line in lines.split(b"\n"):
                own = orjson.loads(line)["saqshy"]
                found[own["batch"], own["index"]] = own
    return list(found.values())


def differs(night: Night, made: Simulated) -> set[str]:
    """Tell in what a cluster differs from one machine."""
    try:
        came = made.outcome()
    except AssertionError:  # one id told twice with two contents
        return {"contents"}
    found = {
        "findings": came.findings == night.came.findings,
        "incidents": came.incidents == night.came.incidents,
        "notices": came.notices == night.came.notices,
        "audit": night.came.drafts <= came.drafts,
        "events": len(events(made)) == night.events,
    }
    return {name for name, equal in found.items() if not equal}
