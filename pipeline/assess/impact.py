"""How grave: nature and scale of the harm to axes, floors, one overall grade (SPEC 3).

The law fixes the axes (National Security Law 4, 22(1)) and no number; every number here is a row
of the pack. Overall is the maximum of axes and floors, never a mean.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.assess.answers import YES
from pipeline.assess.expression import Answering
from pipeline.assess.view import InForce, Situation
from pipeline.model import Json

HIGHEST = 4


@dataclass(frozen=True, slots=True)
class Weight:
    """The impact vector, the overall grade 0-4, and why it is what it is."""

    impact: Json
    grade: int
    reason: str
    basis: str


def weigh(view: InForce, situation: Situation, answers: Answering) -> Weight:
    """Weigh an incident by what holds and on what object.

    ``answers`` must have ``incident``. Potential harm counts ``potential_steps`` less.
    """
    nature, why = _nature(view, answers)
    possible = answers.get("real") != YES and answers.get("potential") == YES
    counted = (
        {name: max(0, grade - view.potential_steps) for name, grade in nature.items()}
        if possible
        else nature
    )
    axes = _axes(view, situation, counted, answers)
    floors = [
        (row.floor, row.id, row.basis)
        for row, holds in situation.floors
        if holds is None or holds(answers) == YES
    ]
    grade = overall(axes.values(), (floor for floor, _, _ in floors))
    highest = max(nature.values(), default=0)
    reach = situation.scale.grade if situation.scale else 0
    impact: Json = {
        **axes,
        "cia": nature,
        "nature": {"actual": 0 if possible else highest, "potential": highest},
        "scale": {"actual": 0 if possible else reach, "potential": reach},
    }
    floor = max(floors, default=None)
    if floor is not None and floor[0] == grade and grade > max(axes.values(), default=0):
        return Weight(impact, grade, f"the floor {floor[1]} counts", floor[2])
    top = [name for name, value in axes.items() if value == grade and grade]
    reason = f"the highest axis counts: {', '.join(top)}" if top else "nothing raises an axis"
    bases = dict.fromkeys(axis.basis for axis in view.axes if axis.id in top)
    ground = "; ".join(bases) or "policy"
    return Weight(impact, grade, reason + (f" ({why})" if why else ""), ground)


def overall(axes: Iterable[int], floors: Iterable[int]) -> int:
    """Give the overall grade: the maximum of axes and floors, within 0-4."""
    return min(HIGHEST, max(0, max(axes, default=0), max(floors, default=0)))


def _nature(view: InForce, answers: Answering) -> tuple[dict[str, int], str]:
    """Grade confidentiality, integrity and availability by what holds."""
    grades = {"confidentiality": 0, "integrity": 0, "availability": 0}
    highest, why = 0, ""
    for row, holds in view.nature:
        if row.grade > grades[row.property] and holds(answers) == YES:
            grades[row.property] = row.grade
            if row.grade > highest:
                highest, why = row.grade, row.holds
    return grades, why


def _axes(
    view: InForce, situation: Situation, nature: Mapping[str, int], answers: Answering
) -> dict[str, int]:
    axes = {axis.id: 0 for axis in view.axes}
    reach = situation.scale.adds if situation.scale else 0
    for row, holds in situation.grades:
        if holds is not None and holds(answers) != YES:
            continue
        taken = max((nature[name] for name in row.takes), default=0)
        grade = max(row.least, taken + row.add + reach if taken else 0)
        if grade > axes[row.axis]:
            axes[row.axis] = min(HIGHEST, grade)
    for axis in view.axes:
        if axis.parent is not None:
            axes[axis.parent] = max(axes[axis.parent], axes[axis.id])
    return axes
