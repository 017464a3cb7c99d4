"""How grave: nature and scale of the harm to axes, floors, one overall grade (SPEC 3).

The law fixes the axes (National Security Law 4, 22(1)) and no number; every number here is a row
of the pack. Overall is the maximum of axes and floors, never a mean.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.assess import reasons as said
from pipeline.assess.answers import NO, YES
from pipeline.assess.expression import Answering
from pipeline.assess.reasons import joined
from pipeline.assess.rows import (
    AxisRow,
    ConsequenceRow,
    FloorRow,
    GradeRow,
    NatureRow,
)
from pipeline.assess.view import Situation
from pipeline.assess.weights import Weights
from pipeline.model import Json

HIGHEST = 4


@dataclass(frozen=True, slots=True)
class Weight:
    """The impact vector, the overall grade 0-4, and why it is what it is.

    ``reasons`` and ``grounds`` by element: ``impact.<axis>``, ``cia.<property>``, ``floors.<id>``,
    ``consequences.<id>``, ``scale``, ``nature``.
    """

    impact: Json
    grade: int
    reason: str
    basis: str
    reasons: dict[str, str]
    grounds: dict[str, str]

    def say(self, element: str, reason: str, ground: str) -> None:
        """Write an element's reason and ground."""
        self.reasons[element] = reason
        self.grounds[element] = ground


def weigh(weights: Weights, situation: Situation, answers: Answering) -> Weight:
    """Weigh an incident by what holds and on what object.

    ``answers`` must have ``incident``. A harm that is only possible counts fewer steps; beside it
    stands the most that it can be, which takes what is unknown as if it held.
    """
    possible = weights.potential is not None and weights.potential[1](answers) == YES
    steps = weights.potential[0].potential_steps if weights.potential and possible else 0
    cia, most, suffers = _nature(weights, answers)
    counted = {name: max(0, grade - steps) for name, grade in cia.items()} if steps else cia
    axes, bounds, deciding = _axes(weights, situation, counted, most, answers)
    floors = [row for row, holds in situation.floors if holds is None or holds(answers) == YES]
    grade = overall(axes.values(), (row.floor for row in floors))
    highest, reach = max(cia.values(), default=0), situation.reach
    touched = _consequences(situation, axes, answers)
    impact: Json = {
        **axes,
        "cia": cia,
        "nature": {
            "actual": 0 if possible else highest, "potential": max(most.values(), default=0),
        },
        "scale": {"actual": 0 if possible else reach, "potential": reach},
        "potential": bounds,
        "floors": [row.id for row in floors],
        "consequences": [row.id for row in touched],
    }  # fmt: skip
    reason, basis = _overall(weights, axes, floors, grade)
    if steps and highest:
        reason = joined(reason, said.POSSIBLE.format(steps=steps))
    weight = Weight(impact, grade, reason, basis, weights.untouched.copy(), weights.bases.copy())
    for name, row in suffers.items():
        holds = said.PROPERTY.format(expression=row.holds, grade=row.grade)
        weight.say(f"cia.{name}", holds, row.basis)
    for axis, by in deciding.items():
        why = _part(by) if isinstance(by, AxisRow) else _axis(by, counted, axes[axis], situation)
        weight.say(f"impact.{axis}", why, by.basis)
    _explain(weight, situation, floors, touched)
    return weight


def overall(axes: Iterable[int], floors: Iterable[int]) -> int:
    """Give the overall grade: the maximum of axes and floors, within 0-4."""
    return min(HIGHEST, max(0, max(axes, default=0), max(floors, default=0)))


def _overall(
    weights: Weights, axes: Mapping[str, int], floors: list[FloorRow], grade: int
) -> tuple[str, str]:
    """Say whether an axis or a floor decides, and on which ground."""
    if grade > max(axes.values(), default=0):
        floor = next(row for row in floors if row.floor == grade)
        return said.FLOOR_DECIDES.format(floor=floor.id), floor.basis
    top = [axis for axis in weights.axes if axes[axis.id] == grade and grade]
    if not top:
        return said.NOTHING_RAISES, "policy"
    names = ", ".join(axis.id for axis in top)
    bases = dict.fromkeys(axis.basis for axis in top)
    return said.TOP_AXES.format(axes=names), "; ".join(bases)


def _nature(
    weights: Weights, answers: Answering
) -> tuple[dict[str, int], dict[str, int], dict[str, NatureRow]]:
    """Give how much each property suffers, how much it can at most, and the rows that say so."""
    actual, most = weights.unharmed.copy(), weights.unharmed.copy()
    found = {}
    for name, rows in weights.nature.items():
        for row, holds in rows:
            answer = holds(answers)
            if answer != NO and not most[name]:
                most[name] = row.grade
            if answer == YES:
                actual[name] = row.grade
                found[name] = row
                break
    return actual, most, found


def _axes(
    weights: Weights,
    situation: Situation,
    nature: Mapping[str, int],
    most: Mapping[str, int],
    answers: Answering,
) -> tuple[dict[str, int], dict[str, int], dict[str, GradeRow | AxisRow]]:
    """Give each axis's grade, the most that it can be, and the row that decides where not 0."""
    grades, bounds = weights.level.copy(), weights.level.copy()
    deciding: dict[str, GradeRow | AxisRow] = {}
    for row, holds in situation.grades:
        answer = YES if holds is None else holds(answers)
        if answer == NO:
            continue
        axis, taken, can = row.axis, 0, 0
        for name in row.takes:
            can = max(can, most[name])
            taken = max(taken, nature[name])
        moved = row.add + situation.raised
        bound = max(row.least, can + moved) if can else row.least
        if bound > bounds[axis]:
            bounds[axis] = min(HIGHEST, bound)
        grade = max(row.least, taken + moved) if taken else row.least
        if answer == YES and grade > grades[axis]:
            grades[axis] = min(HIGHEST, grade)
            deciding[axis] = row
    for part in weights.parts:
        if part.parent is not None:
            bounds[part.parent] = max(bounds[part.parent], bounds[part.id])
            if grades[part.id] > grades[part.parent]:
                grades[part.parent] = grades[part.id]
                deciding[part.parent] = part
    return grades, bounds, deciding


def _part(axis: AxisRow) -> str:
    return said.AXIS_PART.format(axis=axis.id)


def _axis(row: GradeRow, nature: Mapping[str, int], grade: int, situation: Situation) -> str:
    """Say why an axis has its grade."""
    touched = [name for name in row.takes if nature[name]]
    if not touched:
        return said.AXIS_LEAST.format(grade=grade, expression=row.holds)
    names, flags = ", ".join(touched), ", ".join(row.when.flags)
    sentence = said.AXIS if flags else said.AXIS_ANYWHERE
    main = sentence.format(properties=names, flags=flags, grade=grade)
    raised = said.SCALE_RAISES.format(steps=situation.raised) if situation.raised else ""
    return joined(main, row.reason, raised) if row.reason or raised else main


def _consequences(
    situation: Situation, axes: Mapping[str, int], answers: Answering
) -> list[ConsequenceRow]:
    """Give the domains that suffer."""
    return [
        row
        for row, holds in situation.consequences
        if (holds is None or holds(answers) == YES)
        and (not row.axes or max(axes[name] for name in row.axes) >= row.least)
    ]


def _explain(
    weight: Weight,
    situation: Situation,
    floors: list[FloorRow],
    touched: list[ConsequenceRow],
) -> None:
    """Write reason and ground of floors, consequences and scale."""
    for floor in floors:
        decides = said.FLOOR_DECIDES.format(floor=floor.id)
        first = weight.reason.startswith(decides)
        why = decides if first else said.FLOOR_HOLDS.format(grade=floor.floor)
        weight.say(f"floors.{floor.id}", why, floor.basis)
    for row in touched:
        weight.say(f"consequences.{row.id}", _domain(row, weight.impact), row.basis)
    scale = situation.scale
    if scale is not None:
        flags = ", ".join(scale.when.flags)
        why = said.SCALE.format(flags=flags) if flags else said.SCALE_UNKNOWN
        weight.say("scale", why, scale.basis)


def _domain(row: ConsequenceRow, axes: Mapping[str, int]) -> str:
    """Say why a domain suffers: which axes reach how far, on what object."""
    reasons = []
    reached = [name for name in row.axes if axes[name] >= row.least]
    if reached:
        grade = max(axes[name] for name in reached)
        reasons.append(said.CONSEQUENCE.format(axes=", ".join(reached), grade=grade))
    if row.when.flags:
        reasons.append(said.CONSEQUENCE_OBJECT.format(flags=", ".join(row.when.flags)))
    return said.JOINED.join([*reasons, row.reason] if row.reason else reasons)
