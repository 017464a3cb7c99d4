"""`saqshy cluster snapshot` and `saqshy cluster rebuild`: the state kept, and made again."""

import time
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from connectors.stores.kafka.admin import Administration
from connectors.stores.kafka.topics import Topics
from pipeline.model import Json, as_document, rfc3339
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import FOUND, emit, say, stop, told_errors
from pipeline.runtime.cluster.rebuilding import READERS, Plan, Rebuilding
from pipeline.runtime.cluster.snapshotting import Snapshotting
from pipeline.runtime.cluster.topology import read_topology
from pipeline.runtime.cluster.working import cluster_of
from pipeline.runtime.configuration import read_settings
from pipeline.settings import ClusterSettings

LOOK_SECONDS = 2.0  # between two words about how far a replay is


def snapshot(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is not there yet.")],
    config: Config = None,
    patience: Annotated[
        float, typer.Option("--patience", help="Seconds to wait for workers.", min=1)
    ] = 60.0,
    json: AsJson = False,
) -> None:
    """Keep the workers' state in a folder, while they work: a rebuild may begin with it.

    Take one more often than raw is kept (seven days, deploy/kafka/topics.yml).
    Example: saqshy cluster snapshot /backup/saqshy/2026-11-22
    """
    with told_errors():
        settings = cluster_of(read_settings(config))
        taking = Snapshotting(settings, patience, _silent if json else _say)
        try:
            made = taking(folder, time.time_ns())
        except FileExistsError:
            stop(2, f"{folder} is there already: name a new folder")
        if json:
            emit(
                {
                    "folder": str(folder),
                    "taken_at": rfc3339(made.taken_at),
                    "generation": made.generation,
                    "raw": list(made.raw),
                    "files": {one.name: one.messages for one in made.files},
                }
            )
        else:
            say(f"{folder}: state of generation {made.generation}, raw goes on at {made.raw}")


def rebuild(
    config: Config = None,
    snapshot: Annotated[
        Path | None, typer.Option("--snapshot", metavar="DIR", help="Begin with its state.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Only tell how far the replay is, until it is at its end."),
    ] = False,
    json: AsJson = False,
) -> None:
    """Make the state of the cluster again from `raw` and what people asked; nothing is sent again.

    Findings, incidents, notices, terms and the indices get the same ids. What was sent, and the
    audit trail, stay as their topics have them. End workers, notifiers and indexers before;
    collectors go on. Afterwards set cluster.generation to the next number and start all processes:
    they replay. Exits 1 where it is refused. Example: saqshy cluster rebuild --dry-run
    """
    with told_errors():
        read = read_settings(config)
        settings = cluster_of(read)
        if watch:
            _watch(settings, json=json)
            return
        replication = min(one.replication for one in read_topology(settings))
        work = Rebuilding(settings, replication, snapshot, _silent if json else _say)
        plan = work.plan()
        if json:
            emit(_planned(plan) | {"dry_run": dry_run})
        else:
            _tell(plan)
        if plan.refusals:
            stop(FOUND, "" if json else "refused; nothing was changed")
        if dry_run:
            return
        done = work.prepare(plan)
        if json:
            emit({"generation": plan.generation, **as_document(done)})
        else:
            say(f"set cluster.generation: {plan.generation} for every process, and start them")


def _tell(plan: Plan) -> None:
    say(f"generation {plan.generation}: {plan.messages} messages of raw are replayed")
    say(f"{plan.commands} commands of people are among them, or in the snapshot")
    if plan.snapshot is not None:
        say(f"begins with the snapshot of {rfc3339(plan.snapshot.taken_at)}")
    for one in plan.refusals:
        say(f"refused: {one}")


def _planned(plan: Plan) -> Json:
    return {
        "generation": plan.generation,
        "raw": [list(one) for one in plan.raw],
        "messages": plan.messages,
        "commands": plan.commands,
        "snapshot": rfc3339(plan.snapshot.taken_at) if plan.snapshot is not None else None,
        "refusals": list(plan.refusals),
    }


def _watch(settings: ClusterSettings, *, json: bool) -> None:
    topics = Topics(settings.prefix)
    names = [topics(one) for one in ("raw", "observations", "centre", "outcomes")]
    groups = [settings.group(one) for one in READERS]
    with closing(Administration(settings)) as administration:
        while True:
            found = administration.groups(groups, names)
            behind = {one.name: sum(lag.behind for lag in one.lags) for one in found}
            if json:
                emit({"generation": settings.generation, "behind": behind})
            else:
                say(", ".join(f"{name}: {count} to go" for name, count in behind.items()))
            if not any(behind.values()):
                return
            time.sleep(LOOK_SECONDS)


def _say(step: str, count: int) -> None:
    say(f"{step}: {count}")


def _silent(_step: str, _count: int) -> None:
    """Tell nobody: the caller reads JSON."""
