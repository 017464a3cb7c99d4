"""Who is watched: by branch and by class, registered, connected, attested and heard.

The branches of 1(24) always stand, also where nothing is registered in them: a branch without a
row would look like a branch without a gap.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Watched:
    """One object at the end of the period, as far as coverage asks.

    ``connected``: the centre has ways in for it (17(2-1)(1)); ``ncc``: the coordination centre has
    (17(2-1)(2)). ``heard`` are its sources heard in the period; of ``unsure`` it is not known.
    ``overdue`` names the duties that it is behind with.
    """

    sector: str
    classes: tuple[str, ...] = ()
    connected: bool = False
    attested: bool = False
    ncc: bool = False
    sources: int = 0
    heard: int = 0
    unsure: int = 0
    overdue: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """Objects of one branch or class (``by``), each column a part of ``objects`` but the sources'.

    ``critical_*`` are the parts that are on the Government's list. ``heard``: at least one source
    was heard. ``overdue``: duty to the number of objects that are behind with it.
    """

    by: str  # sector | class | all
    name: str
    objects: int = 0
    connected: int = 0
    attested: int = 0
    heard: int = 0
    ncc: int = 0
    critical: int = 0
    critical_connected: int = 0
    critical_ncc: int = 0
    sources: int = 0
    sources_heard: int = 0
    sources_unknown: int = 0
    overdue: Mapping[str, int] = field(default_factory=dict)


def coverage(objects: Iterable[Watched], branches: Sequence[str]) -> tuple[Coverage, ...]:
    """Give the coverage in all, of every branch in the law's order, then others, then classes."""
    held: dict[tuple[str, str], list[Watched]] = {("all", ""): []}
    held.update({("sector", name): [] for name in branches})
    classes: dict[tuple[str, str], list[Watched]] = {}
    others: dict[tuple[str, str], list[Watched]] = {}
    for one in objects:
        held["all", ""].append(one)
        place = ("sector", one.sector)
        (held if place in held else others).setdefault(place, []).append(one)
        for name in one.classes:
            classes.setdefault(("class", name), []).append(one)
    ordered = {**held, **dict(sorted(others.items())), **dict(sorted(classes.items()))}
    return tuple(_row(by, name, members) for (by, name), members in ordered.items())


def _row(by: str, name: str, members: Sequence[Watched]) -> Coverage:
    critical = [one for one in members if CRITICAL in one.classes]
    overdue = Counter(duty for one in members for duty in set(one.overdue))
    return Coverage(
        by=by,
        name=name,
        objects=len(members),
        connected=sum(one.connected for one in members),
        attested=sum(one.attested for one in members),
        heard=sum(one.heard > 0 for one in members),
        ncc=sum(one.ncc for one in members),
        critical=len(critical),
        critical_connected=sum(one.connected for one in critical),
        critical_ncc=sum(one.ncc for one in critical),
        sources=sum(one.sources for one in members),
        sources_heard=sum(one.heard for one in members),
        sources_unknown=sum(one.unsure for one in members),
        overdue=dict(sorted(overdue.items())),
    )
