"""The rows of a pack that are in force at one time, compiled for the assessment."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pipeline.assess.expression import Evaluate
from pipeline.assess.reasons import joined
from pipeline.assess.rows import (
    ActRow,
    AimRow,
    AttributeRow,
    AxisRow,
    ConsequenceRow,
    EntailRow,
    FloorRow,
    FoldingRow,
    GradeRow,
    GuardRow,
    LabelRow,
    LegRow,
    LevelRow,
    Names,
    OccurrenceRow,
    PropertyRow,
    RegimeRow,
    RemarkRow,
    RoleRow,
    RouteRow,
    Row,
    RsitRow,
    ScaleRow,
    ScopeRow,
    TermRow,
    When,
)
from pipeline.assess.speech import Limb, Speech
from pipeline.assess.weights import Weights

_Row = TypeVar("_Row", bound=Row)
_MOST_SITUATIONS = 4096
STRENGTH = {"statute": 0, "by-law": 1, "policy": 2}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One verdict of the predicate and its ground."""

    holds: Evaluate
    expression: str
    basis: str


@dataclass(frozen=True, slots=True)
class Demand:
    """What several route rows demand together: one role at the same parties."""

    role: str
    parties: tuple[str, ...]
    of: str
    basis: str
    set_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Situation:
    """What the rows come to on objects with the same flags, for the same reporter.

    ``reach`` and ``raised``: how far the harm reaches, and by how much that raises each axis.
    ``remembered`` holds what was judged by answers: a pure function's results, bounded.
    """

    demands: Mapping[str, tuple[Demand, ...]]
    grades: tuple[tuple[GradeRow, Evaluate | None], ...]
    floors: tuple[tuple[FloorRow, Evaluate | None], ...]
    consequences: tuple[tuple[ConsequenceRow, Evaluate | None], ...]
    scale: ScaleRow | None
    scope: ScopeRow | None
    remarks: tuple[RemarkRow, ...]
    reach: int
    raised: int
    remembered: dict[tuple[int, ...], Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InForce:
    """A pack's rows between two changes of it. ``since`` is the day on which the newest began.

    ``speech`` is what findings can say, ``weights`` what makes them grave.
    """

    revision: str
    since: str
    rows: Mapping[str, tuple[Row, ...]]
    limbs: tuple[Limb, ...]
    verdicts: Mapping[str, Verdict]
    acts: tuple[ActRow, ...]
    act_keys: tuple[str, ...]
    speech: Speech
    weights: Weights
    grounds: Mapping[str, str]
    entails: tuple[EntailRow, ...]
    aims: tuple[tuple[AimRow, Evaluate], ...]
    attributes: Mapping[str, AttributeRow]
    occurrence: OccurrenceRow | None
    labels: tuple[LabelRow, ...]
    rsit: RsitRow | None
    rsit_rank: Mapping[str, int]
    levels: Mapping[int, LevelRow]
    regimes: Mapping[str, RegimeRow]
    roles: Mapping[str, RoleRow]
    guards: Mapping[str, GuardRow]
    legs: tuple[LegRow, ...]
    terms: tuple[TermRow, ...]
    folding: FoldingRow | None
    _compile: Callable[[str], Evaluate]
    _situations: dict[tuple[frozenset[str], str], Situation] = field(default_factory=dict)

    @property
    def axes(self) -> tuple[AxisRow, ...]:
        """Give the axes of the impact."""
        return self.weights.axes

    @property
    def properties(self) -> tuple[PropertyRow, ...]:
        """Give the properties that can suffer."""
        return self.of("properties", PropertyRow)

    @property
    def label_keys(self) -> frozenset[str]:
        """Give every label that speaks to a limb or act (``harms.copy``, ``acts.leak``)."""
        return frozenset(self.speech.concerns)

    @property
    def window(self) -> int:
        """Give how close failures lie to count as serial, in nanoseconds; 0 where no row says."""
        return self.occurrence.window.nanoseconds if self.occurrence else 0

    def of(self, section: str, model: type[_Row]) -> tuple[_Row, ...]:
        """Give the rows of a section in force."""
        return tuple(row for row in self.rows.get(section, ()) if isinstance(row, model))

    def names_of(self, section: str, name: str) -> Names | None:
        """Give the words for a name of a section; None where the pack has none."""
        for row in self.rows.get(section, ()):
            if getattr(row, "id", None) == name:
                found: Names | None = getattr(row, "names", None)
                return found
        return None

    def situation(self, flags: frozenset[str], reporter: str) -> Situation:
        """Give what counts for an object's flags and a reporter; remembered."""
        key = (flags, reporter)
        found = self._situations.get(key)
        if found is None:
            if len(self._situations) >= _MOST_SITUATIONS:
                self._situations.clear()
            found = self._situations[key] = self._situate(flags, reporter)
        return found

    def forget(self) -> None:
        """Forget what was judged: verdicts are the same without, and take longer."""
        for situation in self._situations.values():
            situation.remembered.clear()

    def _situate(self, flags: frozenset[str], reporter: str) -> Situation:
        routes: dict[str, list[RouteRow]] = {}
        for route in self.of("routes", RouteRow):
            heard = not route.reporters or reporter in route.reporters
            if heard and fits(route.when, flags):
                routes.setdefault(route.subject, []).append(route)
        scales = [row for row in self.of("scale", ScaleRow) if fits(row.when, flags)]
        scopes = [row for row in self.of("scopes", ScopeRow) if fits(row.when, flags)]
        scale = max(scales, key=lambda row: row.grade, default=None)
        return Situation(
            demands={subject: demanded(rows) for subject, rows in routes.items()},
            grades=tuple(
                (row, self._holds(row.holds))
                for row in self.of("grades", GradeRow)
                if fits(row.when, flags)
            ),
            floors=tuple(
                (row, self._holds(row.holds))
                for row in self.of("floors", FloorRow)
                if fits(row.when, flags)
            ),
            consequences=tuple(
                (row, self._holds(row.holds))
                for row in self.of("consequences", ConsequenceRow)
                if fits(row.when, flags)
            ),
            scale=scale,
            reach=scale.grade if scale else 0,
            raised=scale.adds if scale else 0,
            scope=next(iter(scopes), None),
            remarks=tuple(row for row in self.of("remarks", RemarkRow) if fits(row.when, flags)),
        )

    def _holds(self, text: str) -> Evaluate | None:
        return self._compile(text) if text else None


def fits(when: When, flags: frozenset[str]) -> bool:
    """Tell whether an object with these flags is meant."""
    return flags.issuperset(when.flags) and flags.isdisjoint(when.without)


def demanded(rows: Sequence[RouteRow]) -> tuple[Demand, ...]:
    """Join rows of one role at the same parties, with all their grounds."""
    demands: dict[tuple[str, tuple[str, ...], str], Demand] = {}
    for row in rows:
        key = (row.role, row.parties, row.of)
        made = Demand(*key, row.basis, row.set_by, row.reason or row.id)
        held = demands.get(key)
        if held is not None:
            made = Demand(
                *key,
                joined_text(held.basis, made.basis),
                min(held.set_by, made.set_by, key=STRENGTH.__getitem__),
                joined_text(held.reason, made.reason),
            )
        demands[key] = made
    return tuple(demands.values())


def joined_text(held: str, added: str) -> str:
    """Join two grounds or reasons, each of which may already be several, without repeating one."""
    return joined(*held.split("; "), *added.split("; "))
