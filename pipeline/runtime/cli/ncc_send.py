"""`saqshy ncc send|sent|heartbeats`: the coordination centre's side, beside its receiver."""

import time
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
import yaml
from joserfc import jws
from pydantic import ValidationError

from connectors.stores.received import ReceivedNotices
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import NANOSECONDS, identity, rfc3339
from pipeline.notify.ncc_message import Message
from pipeline.runtime.cli.options import AsJson
from pipeline.runtime.cli.output import FOUND, emit, say, show_table, stop, told_errors
from pipeline.runtime.ncc_sending import put_up
from pipeline.runtime.receiver import STORE

Folder = Annotated[Path, typer.Option("--dir", help="Folder of the receiver.")]
_HOME = Path("var/ncc")


def send(
    file: Annotated[Path, typer.Argument(help="The message, YAML or JSON; see the example.")],
    directory: Folder = _HOME,
    as_json: AsJson = False,
) -> None:
    """Sign a message to an operations centre and put it up; the centre asks for it by itself.

    The file has kind (threat, vulnerability, realisation, precondition, countermeasure,
    recommendation, order, prescription), to, text (language, subject and body for kk, ru and en),
    and may have concerns (objects, sectors, software with name and versions), due_at, basis,
    reference, and id to be idempotent.
    Example: saqshy ncc send advisory.yml --dir var/ncc
    """
    with told_errors():
        message = _read(file)
        place = put_up(directory, message)
        if as_json:
            emit({"id": message.id, "sequence": place, "issued_at": rfc3339(message.issued_at)})
        else:
            say(f"message {message.id} is put up as number {place}")


def sent(directory: Folder = _HOME, as_json: AsJson = False) -> None:
    """List the messages that were put up, and what came back on each; ends with 1 if any waits.

    Example: saqshy ncc sent --dir var/ncc --json
    """
    with told_errors():
        rows = _sent(_store(directory))
        if as_json:
            for row in rows:
                emit(row)
        else:
            columns = ("number", "message", "kind", "made", "answers")
            cells = [
                (str(one["sequence"]), one["id"], one["kind"], one["made_at"],
                 ", ".join(one["answers"]) or "-")
                for one in rows
            ]  # fmt: skip
            show_table(f"{len(rows)} message(s)", columns, cells)
        if any(not one["answers"] for one in rows):
            stop(FOUND)


def heartbeats(
    directory: Folder = _HOME,
    quiet_seconds: Annotated[
        float, typer.Option(min=1, help="How long heartbeats may stay away.")
    ] = 180.0,
    as_json: AsJson = False,
) -> None:
    """Tell which centres were heard when; ends with 1 where heartbeats stay away.

    Example: saqshy ncc heartbeats --dir var/ncc
    """
    with told_errors():
        book = ReceivedNotices(_store(directory))
        try:
            last, now = book.heartbeats.last(), time.time_ns()
        finally:
            book.close()
        rows = [
            {
                "centre": one.centre,
                "received_at": rfc3339(one.received_at),
                "away": now - one.received_at > quiet_seconds * NANOSECONDS,
                "checkpoint": orjson.loads(one.body).get("checkpoint"),
            }
            for one in last
        ]
        if as_json:
            for row in rows:
                emit(row)
        else:
            cells = [
                (r["centre"], r["received_at"], "away" if r["away"] else "heard") for r in rows
            ]
            show_table(f"{len(rows)} centre(s)", ("centre", "heard", "stands"), cells)
        if any(row["away"] for row in rows):
            stop(FOUND)


def _store(directory: Path) -> Path:
    path = directory / STORE
    if not path.is_file():
        problem = Problem(str(directory), 0, "holds no receiver's store", "see saqshy ncc serve")
        raise ConfigurationError([problem])
    return path


def _sent(path: Path) -> list[dict[str, Any]]:
    book = ReceivedNotices(path)
    rows: list[dict[str, Any]] = []
    try:
        after = 0
        while page := book.messages.after(after, 500):
            after = page[-1].sequence
            for one in page:
                said = orjson.loads(jws.extract_compact(one.jws.encode()).payload)
                letters = [
                    orjson.loads(answer.letter)["payload"]
                    for answer in book.messages.acknowledgements(one.message_id)
                ]
                rows.append(
                    {
                        "sequence": one.sequence,
                        "id": one.message_id,
                        "kind": said["kind"],
                        "made_at": rfc3339(one.made_at),
                        "answers": [letter["acknowledgement"] for letter in letters],
                        "letters": letters,
                    }
                )
    finally:
        book.close()
    return rows


def _read(file: Path) -> Message:
    """Read a message; what its sender leaves out (id, time, from) is given here."""
    try:
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        what = f"cannot be read: {type(error).__name__}"
        raise ConfigurationError([Problem(str(file), 0, what)]) from error
    if not isinstance(said, dict):
        raise ConfigurationError([Problem(str(file), 0, "is no message: it must be a mapping")])
    now = time.time_ns()
    given = {"from": "NCC", "issued_at": rfc3339(now), **said}
    given.setdefault("id", identity("message", orjson.dumps(said, default=str).decode(), now))
    try:
        return Message.model_validate(given)
    except ValidationError as error:
        problems = [
            Problem(str(file), 0, f"{'.'.join(map(str, one['loc']))}: {one['msg']}")
            for one in error.errors(include_url=False)
        ]
        raise ConfigurationError(problems) from error
