"""What people do with incidents, folded: a journalled command gives revisions, notices, entries.

A command is input like any observation: a rebuild from the journal takes the same steps at the same
places. What a step owes to whom follows from its revision, by the rules that hold for all of them.
"""

from collections.abc import Callable, Mapping

from pydantic import ValidationError

from pipeline.incidents.actions import Hands, obey_step
from pipeline.incidents.life_cycle import step_of
from pipeline.model import Command, RawBatch, from_json
from pipeline.model.rows import Rows
from pipeline.runtime.chain import Chain
from pipeline.runtime.folded import Folded

Sayable = Callable[[int], Mapping[str, tuple[str, ...]]]


def acted(
    chain: Chain, batch: RawBatch, state: Callable[[str], Rows], save: Callable[[Rows], None]
) -> list[Folded]:
    """Fold such commands, one part for each object that a step touched.

    Empty where the batch holds other commands.
    """
    folded: list[Folded] = []
    for record in batch.records:
        try:
            command = from_json(Command, record)
        except ValidationError:
            continue  # told by whoever reads the other commands
        if not step_of(command):
            continue
        done = obey_step(
            Hands(chain.fold, state, chain.sayable, chain.reports), command, batch.received_at
        )
        for object_id, revised in done.revised.items():
            rows = state(object_id)
            folded.append(chain.told(rows, revised, batch.received_at))
            save(rows)
        if done.refused is not None:
            folded.append(Folded(drafts=[done.refused]))
    return folded
