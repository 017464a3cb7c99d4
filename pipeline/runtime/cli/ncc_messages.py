"""`saqshy ncc messages list|show|acknowledge|done`: what the coordination centre told and asked."""

import time
from typing import Annotated

import typer

from pipeline.errors import ConfigurationError, Problem
from pipeline.model import Notice, as_document, rfc3339
from pipeline.notify.ncc_message import Message
from pipeline.notify.ncc_record import DONE, Record, stands
from pipeline.ports import Stores
from pipeline.runtime.cli.commanding import As, Reason, Wait, command, give, tell
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
from pipeline.runtime.ncc_messages import FINISHED, NOTED, message_problems
from pipeline.runtime.ncc_rows import MessageRows
from pipeline.runtime.reading import reading

messages = typer.Typer(
    help="Advice, recommendations, orders and prescriptions of the coordination centre.",
    no_args_is_help=True,
)
Beginning = Annotated[str, typer.Argument(metavar="MESSAGE", help="The id, or its beginning.")]


@messages.command("list")
def list_messages(
    config: Config = None,
    store: Store = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only those not done.")] = False,
    json: AsJson = False,
) -> None:
    """List messages by arrival, and how far each has come; ends with 1 where one is overdue.

    Example: saqshy ncc messages list --open
    """
    with told_errors(), reading(config, store) as stores:
        rows = sorted(MessageRows(stores.state).all(), key=lambda one: (one.received_at, one.id))
        found = [(one, stands(one, stores.outbox.list(one.id))) for one in rows]
        found = [(one, state) for one, state in found if not (open_only and state == DONE)]
        if json:
            for one, state in found:
                emit(_line(one, state))
        else:
            columns = ("message", "kind", "received", "due", "stands", "recipients", "subject")
            show_table(f"{len(found)} message(s)", columns, [_row(*one) for one in found])
        now = time.time_ns()
        if any(one.due_at and one.due_at < now and state != DONE for one, state in found):
            stop(FOUND)


@messages.command("show")
def show_message(
    message: Beginning, config: Config = None, store: Store = None, json: AsJson = False
) -> None:
    """Show one message: what it says, whom it concerns, what was done, by whom, with proof.

    Example: saqshy ncc messages show 3f0a
    """
    with told_errors(), reading(config, store) as stores:
        record = _named(stores, message)
        notices = list(stores.outbox.list(record.id))
        history = MessageRows(stores.state).history(record.id)
        state = stands(record, notices)
        if json:
            emit(
                {
                    **_line(record, state),
                    "jws": record.jws,
                    "unknown": list(record.unknown),
                    "acknowledged": {k: rfc3339(at) for k, at in record.acknowledged.items()},
                    "revisions": [as_document(one) for one in history],
                    "notices": [as_document(one) for one in notices],
                }
            )
            return
        said = Message.model_validate_json(record.content)
        for words in said.text:
            say(f"[{words.language}] {words.subject}\n{words.body}\n")
        show_table(
            record.id, ("element", "value"), [(k, str(v)) for k, v in _line(record, state).items()]
        )
        steps = [(str(one.number), to_the_second(one.at), one.step, one.actor, one.reason)
                 for one in history]  # fmt: skip
        show_table("revisions", ("revision", "at", "step", "actor", "reason"), steps)
        columns = ("notice", "leg", "object", "to", "channel", "state")
        show_table("notices", columns, [_notice_row(one) for one in notices])


@messages.command("acknowledge")
def acknowledge(
    message: Beginning,
    party: Annotated[str, typer.Option("--party", help="Who has taken note, by its id.")],
    whom: As,
    reason: Reason,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Note that a recipient has taken note, where no receipt of theirs says so.

    Example: saqshy ncc messages acknowledge 3f0a --party energo --as analyst/a.serik
    --reason "letter 12 of 3 March"
    """
    with told_errors():
        detail: dict[str, object] = {"party": party}
        _ask(NOTED, message, detail, (whom, reason, wait), config=config, store=store, json=json)
        if not json:
            say(f"{party} has taken note")


@messages.command("done")
def done(
    message: Beginning,
    whom: As,
    reason: Reason,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Note that what a message asked for is done; the coordination centre is told.

    Example: saqshy ncc messages done 3f0a --as duty_lead/b.aman --reason "all gateways patched"
    """
    with told_errors():
        _ask(FINISHED, message, {}, (whom, reason, wait), config=config, store=store, json=json)
        if not json:
            say("noted as done")


def _ask(
    name: str,
    message: str,
    detail: dict[str, object],
    who: tuple[str, str, float],
    *,
    config: Config,
    store: Store,
    json: bool,
) -> None:
    whom, reason, wait = who
    with reading(config, store) as stores:
        named = _named(stores, message).id
    asked = command(name, whom, reason, {"message": named, **detail})
    if problems := list(message_problems(asked)):
        raise ConfigurationError([Problem(name, 0, one) for one in problems])
    tell(asked, give(read_settings(config), store, asked, wait), as_json=json)


def _named(stores: Stores, beginning: str) -> Record:
    found = [one for one in MessageRows(stores.state).all() if one.id.startswith(beginning)]
    if len(found) != 1:
        stop(FOUND, f"{len(found)} messages begin with {beginning!r}; see ncc messages list")
    return found[0]


def _line(record: Record, state: str) -> dict[str, object]:
    said = Message.model_validate_json(record.content)
    return {
        "id": record.id,
        "kind": record.kind,
        "from": said.sender,
        "received_at": rfc3339(record.received_at),
        "due_at": rfc3339(record.due_at) if record.due_at is not None else None,
        "stands": state,
        "reference": said.reference,
        "sha256": record.sha256,
        "told": [as_document(one) for one in record.told],
    }


def _row(record: Record, state: str) -> tuple[str, ...]:
    said = Message.model_validate_json(record.content)
    return (
        record.id[:12],
        record.kind,
        to_the_second(record.received_at),
        to_the_second(record.due_at) if record.due_at is not None else "-",
        state,
        str(len(record.told)),
        next(words.subject for words in said.text if words.language == "en"),
    )


def _notice_row(one: Notice) -> tuple[str, ...]:
    to = f"{one.recipient.role} {one.recipient.party_id}"
    return (one.id[:12], one.leg, one.object_id or "-", to, one.channel, one.state.value)
