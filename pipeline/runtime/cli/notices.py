"""`saqshy notices list|show`: what was told to whom, why, and what came back."""

from typing import Annotated

import typer

from pipeline.model import Notice, as_document
from pipeline.runtime.bootstrap import reading
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

notices = typer.Typer(help="List and show notices.", no_args_is_help=True)


@notices.command("list")
def list_notices(
    config: Config = None,
    store: Store = None,
    incident: Annotated[str | None, typer.Option("--incident", help="Of one incident.")] = None,
    json: AsJson = False,
) -> None:
    """List notices by creation with their terms and receipts.

    Example: saqshy notices list --json
    """
    with told_errors(), reading(config, store) as stores:
        held = list(stores.outbox.list(incident))
        if json:
            for notice in held:
                emit(as_document(notice))
            return
        columns = ("notice", "incident", "leg", "to", "channel", "due", "state", "receipt")
        show_table(f"{len(held)} notice(s)", columns, [_row(one) for one in held])


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


@notices.command("show")
def show_notice(
    notice_id: Annotated[str, typer.Argument(help="The id, or its beginning.")],
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Show one notice: what it said, on which ground, and the receipt.

    Example: saqshy notices show 81bc
    """
    with told_errors(), reading(config, store) as stores:
        found = [one for one in stores.outbox.list() if one.id.startswith(notice_id)]
        if len(found) != 1:
            stop(FOUND, f"{len(found)} notices begin with {notice_id!r}; see notices list")
        document = as_document(found[0])
        if json:
            emit(document)
            return
        rows = [
            (name, str(value))
            for name, value in document.items()
            if name not in {"payload", "receipt"}
        ]
        show_table(found[0].id, ("element", "value"), rows)
        for part in ("payload", "receipt"):
            rows = [(name, str(value)) for name, value in (document[part] or {}).items()]
            show_table(part, ("element", "value"), rows)
        say(f"incident: saqshy incidents show {found[0].incident_id}")
