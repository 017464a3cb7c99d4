"""What a cleared person decides of a record that was held back: a spill, or no mark after all.

``confirm`` records that it was a spill. ``release`` lets so many further suspected records of its
source pass within so many minutes, since nothing of the record was kept and its sender must send
again; a valid mark never passes. What a value means for good is said in the registry's ``marks``,
not here. A release is forgotten when the system ends, and the person says it anew.
"""

from collections.abc import Iterator

from pipeline.errors import ConfigurationError
from pipeline.incidents.audit import Draft
from pipeline.incidents.silences import who
from pipeline.model import NANOSECONDS, Command, Json, RawBatch
from pipeline.ports import Stores
from pipeline.registry.passes import Passes
from pipeline.runtime.spill_purge import placed
from pipeline.runtime.spill_records import SUSPECTED

CONFIRM, RELEASE = "spill_confirm", "spill_release"
ROLES = ("regime_officer", "duty_lead")
MOST_RECORDS, MOST_MINUTES = 1_000, 24 * 60
_KINDS = {CONFIRM: "spill_confirmed", RELEASE: "spill_released"}


def decided(stores: Stores, command: Command, passes: Passes, at: int) -> Draft:
    """Obey a decision; give its audit entry, a refusal where it cannot be obeyed."""
    event_id = str(command.detail.get("record", ""))
    problems = list(who(command.role, command.author, command.reason, ROLES))
    batch, index = None, 0
    try:
        batch, index = placed(stores.carriers, event_id)
    except ConfigurationError as error:
        problems += [one.message for one in error.problems]
    if batch is not None:
        problems += _against(command, batch, index)
    if problems or batch is None:
        return _draft(command, "command_refused", command.id, at, {"problems": problems})
    detail: Json = {"object": batch.object_id, "source": batch.source_id, "reason": command.reason}
    if command.name == RELEASE:
        records, minutes = command.detail.get("records", 1), command.detail.get("minutes", 60)
        assert isinstance(records, int)
        assert isinstance(minutes, int)
        passes.grant(batch.object_id, batch.source_id, records, at + minutes * 60 * NANOSECONDS)
        detail |= {"records": records, "minutes": minutes}
    return _draft(command, _KINDS[command.name], event_id, at, detail)


def _against(command: Command, batch: RawBatch, index: int) -> Iterator[str]:
    kinds = {note.kind for note in batch.notes if note.index == index}
    if not batch.records[index] and command.name == RELEASE and SUSPECTED not in kinds:
        yield "its mark was valid, or it was purged: such a record is never released"
    if batch.records[index]:
        yield "nothing of this record was held back"
    if command.name != RELEASE:
        return
    for name, most in (("records", MOST_RECORDS), ("minutes", MOST_MINUTES)):
        value = command.detail.get(name, 1)
        if not (type(value) is int and 1 <= value <= most):
            yield f"{name} must be a whole number of 1 to {most}"


def _draft(command: Command, kind: str, subject: str, at: int, detail: Json) -> Draft:
    return Draft(
        chain="administration",
        entry_id=f"command:{command.id}",
        kind=kind,
        subject=subject,
        at=at,
        actor=command.actor[:200],
        detail={"command": command.name, **detail},
    )
