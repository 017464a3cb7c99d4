"""Which folds a person's command concerns: that of its object, all of them, or the notifier's."""

from collections.abc import Iterator
from dataclasses import replace

from pydantic import ValidationError

from pipeline.incidents.life_cycle import step_of
from pipeline.model import Command, RawBatch, from_json, to_json
from pipeline.runtime.cluster.outputs import partition_of
from pipeline.runtime.duty_commands import COMMANDS as DUTY
from pipeline.runtime.judging_anew import JUDGE_ANEW
from pipeline.runtime.ncc_messages import ALL as MESSAGES
from pipeline.runtime.peering import COMMANDS as PEERS
from pipeline.runtime.reads import READ
from pipeline.runtime.redelivering import ROLES as REDELIVERY
from pipeline.runtime.reviewing import ACCEPT

ADMINISTRATION = "administration"
_FOR_NOTIFIER = frozenset({*DUTY, *REDELIVERY, *MESSAGES, *PEERS, READ})


def for_notifier(command: Command) -> bool:
    """Tell whether a command concerns notices, terms, messages or reads, and no object's state."""
    name = command.name.partition(".")[0]
    return name in _FOR_NOTIFIER


def command_of(record: bytes) -> Command | None:
    """Read a command; None where the bytes are none."""
    try:
        return from_json(Command, record)
    except ValidationError:
        return None


def object_of(command: Command) -> str:
    """Give the object whose state a command changes; "" where it names none."""
    named = command.detail.get("object_id")
    acts = step_of(command) or command.name == ACCEPT
    return named if acts and isinstance(named, str) else ""


def addressed(batch: RawBatch, folds: int) -> Iterator[tuple[int, RawBatch]]:
    """Give the folds that a command batch goes to, each with what it is to read.

    A judgement anew names many objects: each fold gets those of its own, under an id of its own.
    What names no object that we could read goes to the administration's fold, which refuses it.
    """
    command = command_of(batch.records[0]) if len(batch.records) == 1 else None
    if command is None:
        yield partition_of(ADMINISTRATION, folds), batch
    elif command.name.partition(".")[0] == JUDGE_ANEW:
        yield from _anew(batch, command, folds)
    elif step_of(command) or command.name == ACCEPT:
        yield partition_of(object_of(command) or ADMINISTRATION, folds), batch
    else:
        yield from ((fold, batch) for fold in range(folds))


def _anew(batch: RawBatch, command: Command, folds: int) -> Iterator[tuple[int, RawBatch]]:
    objects = command.detail.get("objects", {})
    by_fold: dict[int, dict[str, object]] = {}
    for name, spans in objects.items():
        by_fold.setdefault(partition_of(name, folds), {})[name] = spans
    for fold, mine in sorted(by_fold.items()):
        detail = {**command.detail, "objects": mine}
        part = replace(command, name=f"{command.name}.{fold}", detail=detail)
        yield fold, replace(batch, id=part.id, records=(to_json(part),))
