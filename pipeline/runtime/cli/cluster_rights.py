"""`saqshy cluster rights`: what each kind of process may do in Kafka, and no more."""

from dataclasses import asdict
from typing import Annotated

import typer

from connectors.stores.kafka.rights import give
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import USAGE, emit, say, stop, told_errors
from pipeline.runtime.cluster.rights import read_rights
from pipeline.runtime.cluster.working import cluster_of
from pipeline.runtime.configuration import read_settings


def rights(
    config: Config = None,
    user: Annotated[
        list[str] | None,
        typer.Option(
            "--user", help="ROLE=NAME: who has a role of deploy/kafka/acls.yml; may be repeated."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be given, and give nothing.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Give the users of the cluster's processes the rights that they need, and no more.

    A role's user is saqshy-ROLE unless told another. Nothing is ever taken away.
    Example: saqshy cluster rights --user worker=siem-worker --dry-run
    """
    with told_errors():
        named = dict(one.partition("=")[::2] for one in user or ())
        if not all(named) or not all(named.values()):
            stop(USAGE, "--user is ROLE=NAME, as --user worker=siem-worker")
        settings = cluster_of(read_settings(config))
        found = read_rights(settings, named)
        if not dry_run:
            give(settings, found)
        for one in found:
            if json:
                emit(asdict(one) | {"given": not dry_run})
            elif dry_run:
                say(f"would give {one}")
        if not json:
            say(f"{len(found)} rights {'would be' if dry_run else 'are'} given")
