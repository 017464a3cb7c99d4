"""What people read, recorded: who, in which role, on which ground, what of it.

A process that only reads writes nothing into the store: it leaves a command before it shows
anything. A read of one incident stands in its object's chain, which its owner may ask for; all
others in the administration's.
"""

from collections.abc import Iterator

from pydantic import ValidationError

from pipeline.incidents.audit import Draft
from pipeline.incidents.silences import who
from pipeline.model import Command, Instant, RawBatch, from_json
from pipeline.ports import Stores
from pipeline.runtime.folded import Folded

READ = "read"
_GIVEN = frozenset(
    {"what", "incident", "notice", "of", "query", "session", "glass", "again", "until", "first"}
)
_LONGEST = {"query": 2_000}  # of the others 200


def read_problems(command: Command) -> Iterator[str]:
    """Give what stands against recording a read; who may read is for the reader's side to judge."""
    yield from who(command.role, command.author, command.reason, (command.role,))
    detail = command.detail
    short = all(
        isinstance(value, str) and len(value) <= _LONGEST.get(key, 200) and value.isprintable()
        for key, value in detail.items()
    )
    if not (short and detail.get("what") and detail.keys() <= _GIVEN):
        yield f"a read has what it is, and {', '.join(sorted(_GIVEN))}, each a short text"


def recorded(stores: Stores, batch: RawBatch) -> Folded | None:
    """Fold the record of a read; None where the batch holds another command."""
    for record in batch.records:
        try:
            command = from_json(Command, record)
        except ValidationError:
            continue  # told by whoever reads the other commands
        if command.name == READ:
            return Folded(drafts=[_draft(stores, command, batch.received_at)])
    return None


def _draft(stores: Stores, command: Command, at: Instant) -> Draft:
    problems = list(read_problems(command))
    name = command.detail.get("incident", "")
    history = stores.incidents.history(str(name)) if name and not problems else ()
    if name and not problems and not history:
        problems = ["there is no such incident"]
    told = {"basis": command.reason, **command.detail}
    return Draft(
        chain=history[0].object_id if history else "administration",
        entry_id=f"command:{command.id}",
        kind="command_refused" if problems else READ,
        subject=str(name) if history else command.id,
        at=at,
        actor=command.actor[:200],
        detail={"command": command.name, "problems": problems} if problems else told,
    )
