"""`saqshy notices list|show|dead`: what was told to whom, why, and what came back."""

from typing import Annotated

import typer

from pipeline.model import Notice, NoticeState, as_document, from_json
from pipeline.ports import Stores
from pipeline.ports.searching import Kind
from pipeline.runtime.cli.lazy import Later, lazily
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
from pipeline.runtime.cli.querying import QueryText, queried
from pipeline.runtime.cli.reads import Basis, ReadAs, note_read
from pipeline.runtime.reading import reading

_LATER = {
    "release": Later("notices_acts:release"),
    "replay": Later("notices_acts:replay"),
    "seal": Later("notices_sealed:seal"),
    "receipts": Later("notices_sealed:receipts"),
}
notices = typer.Typer(
    cls=lazily(_LATER),
    help="List and show notices; replay dead ones, free held ones.",
    no_args_is_help=True,
)


@notices.command("list")
def list_notices(
    config: Config = None,
    store: Store = None,
    incident: Annotated[str | None, typer.Option("--incident", help="Of one incident.")] = None,
    state: Annotated[
        NoticeState | None, typer.Option("--state", help="Only those that stand so.")
    ] = None,
    channel: Annotated[str, typer.Option("--channel", help="Only through this channel.")] = "",
    query: QueryText = None,
    json: AsJson = False,
) -> None:
    """List notices by creation with their terms and receipts.

    Example: saqshy notices list --state held --json
    Example: saqshy notices list --query "due_at < now and not state: acknowledged"
    """
    with told_errors(), reading(config, store) as stores:
        held = _chosen(stores, incident, state, channel)
        if query is not None:
            rows = queried(config, store, Kind.NOTICES, query)
            fitting = {from_json(Notice, row).id for row in rows}
            held = [one for one in held if one.id in fitting]
        if json:
            for notice in held:
                emit(as_document(notice))
            return
        columns = ("notice", "incident", "leg", "to", "channel", "due", "state", "receipt")
        show_table(f"{len(held)} notice(s)", columns, [_row(one) for one in held])


@notices.command("dead")
def list_dead(
    config: Config = None,
    store: Store = None,
    channel: Annotated[str, typer.Option("--channel", help="Only through this channel.")] = "",
    json: AsJson = False,
) -> None:
    """List what was given up: how often it was tried, and what hindered it. Ends with 1 if any.

    Mend what hindered them, then `saqshy notices replay`.
    Example: saqshy notices dead --channel ncc
    """
    with told_errors(), reading(config, store) as stores:
        held = _chosen(stores, None, NoticeState.DEAD, channel)
        if json:
            for notice in held:
                emit(as_document(notice))
        else:
            columns = ("notice", "leg", "to", "channel", "due", "attempts", "hindered by", "error")
            show_table(f"{len(held)} dead notice(s)", columns, [_dead_row(one) for one in held])
        if held:
            stop(FOUND)


def _chosen(
    stores: Stores, incident: str | None, state: NoticeState | None, channel: str
) -> list[Notice]:
    return [
        one
        for one in stores.outbox.list(incident)
        if state in {None, one.state} and channel in {"", one.channel}
    ]


def _row(notice: Notice) -> tuple[str, ...]:
    receipt = notice.receipt
    return (
        notice.id[:12],
        notice.incident_id[:12],
        notice.leg,
        f"{notice.recipient.role} {notice.recipient.party_id}",
        notice.channel,
        to_the_second(notice.due_at),
        notice.state.value,
        to_the_second(receipt.received_at) if receipt else notice.last_error,
    )


def _dead_row(notice: Notice) -> tuple[str, ...]:
    return (
        notice.id[:12],
        notice.leg,
        f"{notice.recipient.role} {notice.recipient.party_id}",
        notice.channel,
        to_the_second(notice.due_at),
        str(notice.attempts),
        ", ".join(notice.tried.why),
        notice.last_error,
    )


@notices.command("show")
def show_notice(
    notice_id: Annotated[str, typer.Argument(help="The id, or its beginning.")],
    config: Config = None,
    store: Store = None,
    whom: ReadAs = None,
    basis: Basis = None,
    json: AsJson = False,
) -> None:
    """Show one notice: what it said, on which ground, what was tried, and the receipt.

    Example: saqshy notices show 81bc
    """
    with told_errors(), reading(config, store) as stores:
        found = [one for one in stores.outbox.list() if one.id.startswith(notice_id)]
        if len(found) != 1:
            stop(FOUND, f"{len(found)} notices begin with {notice_id!r}; see notices list")
        note_read(config, store, whom, basis, what="notices show", notice=found[0].id)
        document = as_document(found[0])
        if json:
            emit(document)
            return
        parts = ("payload", "tried", "receipt")
        rows = [(name, str(value)) for name, value in document.items() if name not in parts]
        show_table(found[0].id, ("element", "value"), rows)
        for part in parts:
            rows = [(name, str(value)) for name, value in (document[part] or {}).items()]
            show_table(part, ("element", "value"), rows)
        say(f"incident: saqshy incidents show {found[0].incident_id}")
