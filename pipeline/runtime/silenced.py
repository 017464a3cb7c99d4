"""What a store knows of silences: those that stand, and how much each has covered."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.incidents import Silence, SuppressedRow
from pipeline.model import rfc3339
from pipeline.model.rows import Rows
from pipeline.ports import StateStore, Stores
from pipeline.runtime.chain import STATE_TYPES
from pipeline.runtime.folding import ADMINISTRATION
from pipeline.runtime.reviewing import NO_OBJECT

_SUPPRESSED = '["suppressed"'


@dataclass(frozen=True, slots=True)
class Covered:
    """A silence, and how many findings and events it covered at all objects so far."""

    silence: Silence
    findings: int
    events: int


def standing(state: StateStore) -> list[Silence]:
    """Give the silences that stand or will, by id."""
    rows = Rows(ADMINISTRATION, STATE_TYPES, state.load(ADMINISTRATION))
    return [silence for _, silence in rows.all(Silence, "silence")]


def covered(stores: Stores) -> Iterator[Covered]:
    """Give each silence that stands with what it covered; reads the state of every object."""
    counts: dict[str, list[SuppressedRow]] = {}
    for object_id in stores.state.objects():
        if object_id.startswith(NO_OBJECT):
            continue
        kept = stores.state.load(object_id)
        only = {key: data for key, data in kept.items() if key.startswith(_SUPPRESSED)}
        rows = Rows(object_id, STATE_TYPES, only)
        for (name,), row in rows.all(SuppressedRow, "suppressed"):
            counts.setdefault(name, []).append(row)
    for silence in standing(stores.state):
        held = counts.get(silence.id, ())
        yield Covered(silence, sum(row.findings for row in held), sum(row.events for row in held))


def meaning(silence: Silence) -> str:
    """Say in a line what a silence covers."""
    parts = [
        f"rule {', '.join(silence.rules)}" if silence.rules else "any rule",
        f"at {silence.object_id}" if silence.object_id else "at any object",
        *(f"{name} = {value}" for name, value in sorted(silence.where.items())),
    ]
    return "; ".join(parts)


def span(silence: Silence) -> str:
    """Say from when until when."""
    return f"{rfc3339(silence.begins)} to {rfc3339(silence.until)}"
