"""Incidents judged anew where the registry has learned something about a time that is past.

A change of the registry that was recorded late says something of events that were judged already.
It is journalled as a command that names the objects and the spans of time concerned, stamped with
the registry that knows better, so that a replay judges anew at the same place. An incident whose
verdict comes out the same gets no revision. What was sent stays as it was sent: a new revision
owes what differs, to those whom it concerns.
"""

from collections.abc import Callable, Iterator

from pydantic import ValidationError

from pipeline.incidents.audit import Draft
from pipeline.model import Command, Json, RawBatch, Revisions, from_json
from pipeline.model.rows import Rows
from pipeline.ports import CollectorStores
from pipeline.registry import Registry, changed_spans, registry_from_bundle
from pipeline.runtime.chain import Chain
from pipeline.runtime.folded import Folded
from pipeline.runtime.knowledge import AT_START, Cause

JUDGE_ANEW = "judge_anew"
MOST_OBJECTS = 200  # of one command


def judgements_due(old: Registry, new: Registry, cause: Cause, at: int) -> Iterator[Command]:
    """Give the commands by which a registry's change reaches the incidents that it concerns."""
    spans = sorted(changed_spans(old, new).items())
    for begin in range(0, len(spans), MOST_OBJECTS):
        detail: Json = {
            "registry": {"before": old.revision, "after": new.revision},
            "part": begin // MOST_OBJECTS,
            "objects": {name: [list(one) for one in found] for name, found in
                        spans[begin : begin + MOST_OBJECTS]},
        }  # fmt: skip
        # Commands of one instant are told apart by the name: their identity knows no detail.
        name = f"{JUDGE_ANEW}.{begin // MOST_OBJECTS}"
        yield Command(name, "system", cause.actor, cause.reason, at, detail)


def judgements_missed(
    stores: CollectorStores, before: Revisions | None, new: Registry, at: int
) -> Iterator[Command]:
    """Give those that follow from what changed while the system was down, or killed at a reload.

    ``before`` is the stamp of the batch that was journalled last; None where there is none.
    """
    if before is None or before.registry == new.revision:
        return
    bundle = stores.content.bundle("registry", before.registry)
    if bundle is not None:
        yield from judgements_due(registry_from_bundle(bundle), new, AT_START, at)


def judged_anew(
    chain: Chain, batch: RawBatch, state: Callable[[str], Rows], save: Callable[[Rows], None]
) -> list[Folded]:
    """Fold such commands: each object's incidents, and one entry of the administration's chain.

    Empty where the batch holds other commands. Only the system itself journals them.
    """
    folded: list[Folded] = []
    for record in batch.records:
        try:
            command = from_json(Command, record)
        except ValidationError:
            continue  # told by whoever reads the other commands
        if command.name.partition(".")[0] != JUDGE_ANEW:
            continue
        revised = 0
        for object_id, spans in sorted(command.detail["objects"].items()):
            rows = state(object_id)
            done = chain.judge_anew(rows, spans, batch.received_at)
            save(rows)
            revised += len(done.revised)
            folded.append(done)
        folded.append(Folded(drafts=[_told(command, batch.received_at, revised)]))
    return folded


def _told(command: Command, at: int, revised: int) -> Draft:
    return Draft(
        chain="administration",
        entry_id=f"command:{command.id}",
        kind="judged_anew",
        subject=command.detail["registry"]["after"],
        at=at,
        actor=command.author,
        detail={
            **command.detail["registry"],
            "reason": command.reason,
            "objects": len(command.detail["objects"]),
            "incidents_revised": revised,
        },
    )
