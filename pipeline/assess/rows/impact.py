"""The rows of a law pack that say how grave an incident is: axes, grades, floors (SPEC 3)."""

from typing import Annotated

from pydantic import Field, StringConstraints

from pipeline.assess.rows.row import Grade, Name, Names, Row, When

AxisName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.]{0,31}$")]


class AxisRow(Row):
    """One axis of the impact vector; a child's grade counts for its ``parent`` too."""

    id: AxisName
    parent: AxisName | None = None
    names: Names


class PropertyRow(Row):
    """A property of resources that can suffer, such as confidentiality."""

    id: Name
    names: Names


class NatureRow(Row):
    """How much a property suffers where something holds."""

    property: Name
    grade: Grade
    holds: str


class GradeRow(Row):
    """How an axis follows the nature of the harm on objects with certain flags."""

    axis: AxisName
    takes: tuple[Name, ...]
    add: Annotated[int, Field(ge=-4, le=4)] = 0
    least: Grade = 0
    when: When = When()
    holds: str = ""


class ScaleRow(Row):
    """How far the harm reaches by the object's flags, and by how much that raises each axis."""

    grade: Grade
    adds: Grade = 0
    when: When = When()


class RealityRow(Row):
    """By how many steps a harm that is only possible (``holds``) counts less."""

    potential_steps: Grade
    holds: str


class ConsequenceRow(Row):
    """A domain that suffers where one of ``axes`` reaches ``least`` on objects with the flags."""

    id: Name
    names: Names
    axes: tuple[AxisName, ...] = ()
    least: Grade = 1
    when: When = When()
    holds: str = ""


class FloorRow(Row):
    """The least overall grade on objects with certain flags, where something holds."""

    id: Name
    floor: Grade
    when: When = When()
    holds: str = ""


class LevelRow(Row):
    """The names of one overall grade."""

    grade: Grade
    severity: Name
    priority: Name
    names: Names


class RegimeRow(Row):
    """An operating regime; it may raise the priority and never lowers it."""

    id: Name
    aliases: tuple[Name, ...] = ()
    raises: Grade = 0
    names: Names


class ScopeRow(Row):
    """How far an incident reaches beyond the country; the first row that fits counts."""

    scope: Name
    when: When = When()


IMPACT_SECTIONS: dict[str, type[Row]] = {
    "axes": AxisRow,
    "properties": PropertyRow,
    "nature": NatureRow,
    "grades": GradeRow,
    "scale": ScaleRow,
    "reality": RealityRow,
    "consequences": ConsequenceRow,
    "floors": FloorRow,
    "levels": LevelRow,
    "regimes": RegimeRow,
    "scopes": ScopeRow,
}
"""The sections of a pack that weigh."""
