"""`saqshy cluster`: the topics as they should be, and how the cluster stands."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Annotated

import typer

from connectors.stores.kafka.admin import Administration, Difference, Found, Group
from pipeline.model import Json
from pipeline.runtime.cli.cluster_demo import demo
from pipeline.runtime.cli.cluster_indices import apply_indices
from pipeline.runtime.cli.cluster_rebuild import rebuild, snapshot
from pipeline.runtime.cli.cluster_rights import rights
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import FOUND, emit, say, show_table, stop, told_errors
from pipeline.runtime.cluster.growing import refuse_late_growth
from pipeline.runtime.cluster.topology import of_state, read_state_topology, read_topology
from pipeline.runtime.cluster.working import cluster_of
from pipeline.runtime.configuration import read_settings
from pipeline.settings import ClusterSettings

KINDS = ("worker", "notifier", "indexer")  # of the processes that read as a group

cluster = typer.Typer(
    help="The cluster's topics and how it stands.", no_args_is_help=True, rich_markup_mode=None
)

cluster.command()(snapshot)
cluster.command()(rebuild)
cluster.command()(rights)
cluster.command()(demo)


@cluster.command()
def apply(
    config: Config = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
    grow: Annotated[
        bool,
        typer.Option(
            "--grow",
            help="Add partitions that are missing. Keys move: stop workers and notifier before,"
            " and run `saqshy cluster rebuild` after. Refused once raw has let go of its"
            " beginning.",
        ),
    ] = False,
    json: AsJson = False,
) -> None:
    """Make the topics that are missing, and correct the configuration of those that differ.

    With a section elasticsearch, put its templates and make its indices, too. Nothing is ever
    shrunk or deleted. Exits 1 where something stands that a person must mend.
    Example: saqshy cluster apply --dry-run
    """
    with told_errors():
        whole = read_settings(config)
        settings = cluster_of(whole)
        wanted, state = read_topology(settings), read_state_topology(settings)
        with closing(Administration(settings)) as administration:
            found = administration.differences(wanted, grow=grow)
            refuse_late_growth(settings, found)
            found += of_state(administration.differences(state))
            if not dry_run:
                administration.apply([*wanted, *state], found)
        indices = apply_indices(whole.elasticsearch, dry_run=dry_run)
        _tell(found, dry_run=dry_run, json=json)
        _tell_indices(indices, dry_run=dry_run, json=json)
        left = found if dry_run else [one for one in found if not one.mends]
        stands = len(left) + (len(indices) if dry_run else 0)
        if stands:
            stop(FOUND, "" if json else f"{stands} difference(s) stand")
        if not json:
            say(f"{len(wanted) + len(state)} topics are as they should be")


@cluster.command()
def status(config: Config = None, json: AsJson = False) -> None:
    """Show brokers, topics, and how far each group of processes is behind.

    Exits 1 where a topic is missing, differs, or has a partition without a leader or without all of
    its replicas. Example: saqshy cluster status --json
    """
    with told_errors():
        settings = cluster_of(read_settings(config))
        wanted, state = read_topology(settings), read_state_topology(settings)
        names = [one.name for one in wanted]
        with closing(Administration(settings)) as administration:
            brokers = administration.brokers()
            there = administration.topics([*names, *(one.name for one in state)])
            differences = administration.differences(wanted)
            differences += of_state(administration.differences(state))
            groups = administration.groups([settings.group(kind) for kind in KINDS], names)
        if json:
            emit(_document(settings, brokers, list(there.values()), differences, groups))
        else:
            _show(brokers, list(there.values()), differences, groups)
        lame = [one for one in there.values() if one.leaderless or one.under_replicated]
        if differences or lame:
            told = f"{len(differences)} difference(s), {len(lame)} topic(s) not whole"
            stop(FOUND, "" if json else told)


def _tell(found: Sequence[Difference], *, dry_run: bool, json: bool) -> None:
    for one in found:
        done = one.mends and not dry_run
        if json:
            emit(_difference(one) | {"done": done})
        else:
            say(f"{'done' if done else 'would do' if one.mends else 'left'}: {one}")


def _tell_indices(done: Sequence[str], *, dry_run: bool, json: bool) -> None:
    for one in done:
        if json:
            emit({"elasticsearch": one, "done": not dry_run})
        else:
            say(f"{'would mend' if dry_run else 'done'}: {one}")


def _difference(one: Difference) -> Json:
    return {
        "topic": one.topic,
        "kind": one.kind,
        "what": one.what,
        "is": one.is_now,
        "wanted": one.wanted,
        "mends": one.mends,
        "way_out": one.way_out,
    }


def _document(
    settings: ClusterSettings,
    brokers: Mapping[int, str],
    there: Sequence[Found],
    differences: Sequence[Difference],
    groups: Sequence[Group],
) -> Json:
    return {
        "prefix": settings.prefix,
        "brokers": {str(node): place for node, place in brokers.items()},
        "topics": [
            {
                "name": one.name,
                "partitions": one.partitions,
                "replication": one.replication,
                "leaderless": list(one.leaderless),
                "under_replicated": list(one.under_replicated),
            }
            for one in there
        ],
        "differences": [_difference(one) for one in differences],
        "groups": [
            {
                "name": one.name,
                "state": one.state,
                "members": list(one.members),
                "behind": sum(lag.behind for lag in one.lags),
                "partitions": [
                    {
                        "topic": lag.topic,
                        "partition": lag.partition,
                        "committed": lag.committed,
                        "end": lag.end,
                        "behind": lag.behind,
                        "member": lag.member,
                    }
                    for lag in one.lags
                ],
            }
            for one in groups
        ],
    }


def _show(
    brokers: Mapping[int, str],
    there: Sequence[Found],
    differences: Sequence[Difference],
    groups: Sequence[Group],
) -> None:
    say(f"{len(brokers)} broker(s) up: {', '.join(map(str, brokers.values()))}")
    columns = ("topic", "partitions", "replication", "no leader", "replicas behind")
    show_table(
        "topics",
        columns,
        [
            (
                one.name,
                str(one.partitions),
                str(one.replication),
                _numbers(one.leaderless),
                _numbers(one.under_replicated),
            )
            for one in there
        ],
    )
    show_table(
        "groups",
        ("group", "state", "members", "topic", "behind"),
        [row for group in groups for row in _rows(group)],
    )
    for one in differences:
        say(str(one))


def _rows(group: Group) -> list[tuple[str, str, str, str, str]]:
    behind: dict[str, int] = {}
    for lag in group.lags:
        behind[lag.topic] = behind.get(lag.topic, 0) + lag.behind
    members = str(len(group.members))
    topics = sorted(behind.items()) or [("", 0)]
    return [(group.name, group.state, members, topic, str(count)) for topic, count in topics]


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "none"
