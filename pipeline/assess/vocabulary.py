"""The names that a pack's expressions may use: its limbs, groups, acts and verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.assess.rows import ActRow, AttributeRow, LimbRow, Row

INCIDENT = "incident"
UNKNOWN_VALUE = "unknown"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Names of single answers, and the members of each group without the group's name."""

    names: frozenset[str]
    groups: Mapping[str, tuple[str, ...]]


def limb_key(limb: LimbRow) -> str:
    """Give the name of a limb in expressions: ``failure``, or ``harms.obtain`` in a group."""
    return f"{limb.group}.{limb.id}" if limb.group else limb.id


def vocabulary(rows: Mapping[str, Sequence[Row]]) -> Vocabulary:
    """Collect the vocabulary of a pack's rows.

    Beside limbs and acts: the values of attributes (``reality.potential``) and ``incident`` (the
    verdict, for floors and grades).
    """
    groups: dict[str, dict[str, None]] = {}
    names = [INCIDENT]
    for limb in rows.get("limbs", ()):
        if isinstance(limb, LimbRow):
            names.append(limb_key(limb))
            if limb.group:
                groups.setdefault(limb.group, {})[limb.id] = None
    for act in rows.get("acts", ()):
        if isinstance(act, ActRow):
            names.append(f"acts.{act.id}")
            groups.setdefault("acts", {})[act.id] = None
    for attribute in rows.get("attributes", ()):
        if isinstance(attribute, AttributeRow):
            names += [f"{attribute.id}.{value}" for value in known_values(attribute)]
    return Vocabulary(
        frozenset(names), {group: tuple(members) for group, members in groups.items()}
    )


def known_values(attribute: AttributeRow) -> tuple[str, ...]:
    """Give the values of an attribute that say something."""
    return tuple(value for value in attribute.values if value != UNKNOWN_VALUE)
