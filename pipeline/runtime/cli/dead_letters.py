"""`saqshy dead-letters list|show|replay`: what could not be processed, and once more."""

from typing import Annotated

import typer

from pipeline.model import Failure, as_document
from pipeline.runtime.again import replay_failures
from pipeline.runtime.bootstrap import offline
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import (
    FOUND,
    emit,
    say,
    show_table,
    stop,
    to_the_second,
    told_errors,
)
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.reading import one_machine, reading

REBUILD = "saqshy cluster rebuild reads all of the topic raw once more, with the rules of today"
dead_letters = typer.Typer(help="What could not be processed.", no_args_is_help=True)


@dead_letters.command("list")
def list_failures(config: Config = None, store: Store = None, json: AsJson = False) -> None:
    """List failures by receive time: which record, of which source, why.

    Example: saqshy dead-letters list
    """
    with told_errors(), reading(config, store) as stores:
        held = list(stores.dead_letters.list())
        if json:
            for failure in held:
                emit({"id": failure.id, **as_document(failure)})
            return
        columns = ("failure", "object", "source", "received", "stage", "code", "detail")
        show_table(f"{len(held)} failure(s)", columns, [_row(one) for one in held])


def _row(failure: Failure) -> tuple[str, ...]:
    return (
        failure.id[:12],
        failure.object_id,
        failure.source_id,
        to_the_second(failure.received_at),
        failure.stage,
        failure.code.value,
        failure.detail,
    )


@dead_letters.command("show")
def show_failure(
    failure_id: Annotated[str, typer.Argument(help="The id, or its beginning.")],
    config: Config = None,
    store: Store = None,
) -> None:
    """Show one failure as JSON.

    Example: saqshy dead-letters show 9d2e
    """
    with told_errors(), reading(config, store) as stores:
        found = [one for one in stores.dead_letters.list() if one.id.startswith(failure_id)]
        if len(found) != 1:
            stop(FOUND, f"{len(found)} failures begin with {failure_id!r}; see dead-letters list")
        emit({"id": found[0].id, **as_document(found[0])})


@dead_letters.command("replay")
def replay_dead_letters(config: Config = None, store: Store = None) -> None:
    """Send every failed record through the pipeline once more, with the content of today.

    The store must not be in use by `saqshy run`. What succeeds leaves the list.
    Example: saqshy dead-letters replay
    """
    with told_errors():
        settings = read_settings(config)
        path = one_machine(settings, store, "dead-letters replay", REBUILD)
        with offline(settings, path) as system:
            done, left = replay_failures(system)
        say(f"{done} record(s) went through, {left} failed again and stay in the dead letters")
        if left:
            stop(FOUND)
