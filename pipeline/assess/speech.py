"""What findings can say under a pack: limbs, acts, attributes, and by which labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.assess.answers import UNKNOWN
from pipeline.assess.reasons import UNANSWERED
from pipeline.assess.rows import ActRow, AttributeRow, LimbRow
from pipeline.assess.vocabulary import known_values, limb_key
from pipeline.model import Limb as StoredLimb
from pipeline.model import Tri


@dataclass(frozen=True, slots=True)
class Limb:
    """A limb ready to ask: ``evidence`` are the labels that speak to it."""

    key: str
    id: str
    group: str
    evidence: tuple[str, ...]
    basis: str
    unanswered: StoredLimb


@dataclass(frozen=True, slots=True)
class Speech:
    """Which labels speak to what.

    ``asked``: every limb and act with the labels that speak to it, ``concerns`` the other way
    round. ``values``: the names by which expressions ask for an attribute's values. ``silent`` and
    ``blank``: the answers and the predicate where no finding says anything.
    """

    asked: Mapping[str, tuple[str, ...]]
    concerns: Mapping[str, tuple[str, ...]]
    limbs: Mapping[str, Limb]
    values: Mapping[str, tuple[tuple[str, str], ...]]
    silent: dict[str, int]
    blank: Mapping[str, StoredLimb | dict[str, StoredLimb]]


def speech(
    limbs: Sequence[Limb], acts: Sequence[ActRow], attributes: Sequence[AttributeRow]
) -> Speech:
    """Work out what findings can say."""
    asked = {
        **{limb.key: limb.evidence for limb in limbs},
        **{f"acts.{act.id}": act.speaks for act in acts},
    }
    concerns: dict[str, list[str]] = {}
    for key, labels in asked.items():
        for label in labels:
            concerns.setdefault(label, []).append(key)
    values: dict[str, tuple[tuple[str, str], ...]] = {
        row.id: tuple((value, f"{row.id}.{value}") for value in known_values(row))
        for row in attributes
    }
    named = [key for held in values.values() for _, key in held]
    return Speech(
        asked=asked,
        concerns={label: tuple(keys) for label, keys in concerns.items()},
        limbs={limb.key: limb for limb in limbs},
        values=values,
        silent=dict.fromkeys([*asked, *named], UNKNOWN),
        blank=_blank(limbs),
    )


def ready(row: LimbRow) -> Limb:
    """Make a row ready to ask."""
    return Limb(
        key=limb_key(row),
        id=row.id,
        group=row.group or "",
        evidence=row.evidence,
        basis=row.basis,
        unanswered=StoredLimb(Tri.UNKNOWN, UNANSWERED, row.basis),
    )


def _blank(limbs: Sequence[Limb]) -> dict[str, StoredLimb | dict[str, StoredLimb]]:
    blank: dict[str, StoredLimb | dict[str, StoredLimb]] = {}
    for limb in limbs:
        if not limb.group:
            blank[limb.id] = limb.unanswered
            continue
        group = blank.setdefault(limb.group, {})
        assert isinstance(group, dict)
        group[limb.id] = limb.unanswered
    return blank
