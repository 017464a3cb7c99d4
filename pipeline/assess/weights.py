"""What makes an incident grave under a pack, ready to weigh: axes, properties, what suffers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.assess.expression import Evaluate
from pipeline.assess.reasons import POTENTIAL, UNTOUCHED
from pipeline.assess.rows import AxisRow, NatureRow, PropertyRow, RealityRow


@dataclass(frozen=True, slots=True)
class Weights:
    """Axes and properties, and what moves them.

    ``nature``: by property, the gravest row first. ``unharmed`` and ``level`` are properties and
    axes at grade 0, with the reasons ``untouched`` and the grounds ``bases``; ``parts`` the axes
    that count for another. ``potential``: when a harm is only possible.
    """

    axes: tuple[AxisRow, ...]
    parts: tuple[AxisRow, ...]
    nature: Mapping[str, tuple[tuple[NatureRow, Evaluate], ...]]
    potential: tuple[RealityRow, Evaluate] | None
    unharmed: dict[str, int]
    level: dict[str, int]
    untouched: dict[str, str]
    bases: dict[str, str]


def weights(
    axes: Sequence[AxisRow],
    properties: Sequence[PropertyRow],
    nature: Sequence[NatureRow],
    reality: RealityRow | None,
    compiled: Callable[[str], Evaluate],
) -> Weights:
    """Work out what weighs."""
    bases = {f"impact.{row.id}": row.basis for row in axes}
    bases |= {f"cia.{row.id}": row.basis for row in properties}
    bases |= dict.fromkeys(("nature", "potential"), reality.basis if reality else "policy")
    suffering: dict[str, list[tuple[NatureRow, Evaluate]]] = {}
    for row in sorted(nature, key=lambda row: -row.grade):
        suffering.setdefault(row.property, []).append((row, compiled(row.holds)))
    return Weights(
        axes=tuple(axes),
        parts=tuple(row for row in axes if row.parent is not None),
        nature={name: tuple(rows) for name, rows in suffering.items()},
        potential=(reality, compiled(reality.holds)) if reality else None,
        unharmed=dict.fromkeys((row.id for row in properties), 0),
        level=dict.fromkeys((row.id for row in axes), 0),
        untouched={**dict.fromkeys(bases, UNTOUCHED), "nature": POTENTIAL, "potential": POTENTIAL},
        bases=bases,
    )
