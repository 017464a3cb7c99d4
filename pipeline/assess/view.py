"""The rows of a pack that are in force at one time, compiled for the assessment."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pipeline.assess.expression import Evaluate, compile_expression
from pipeline.assess.rows import (
    ActRow,
    AimRow,
    AttributeRow,
    AxisRow,
    EntailRow,
    FloorRow,
    FoldingRow,
    GradeRow,
    LabelRow,
    LevelRow,
    LimbRow,
    Names,
    NatureRow,
    OccurrenceRow,
    RealityRow,
    RegimeRow,
    RoleRow,
    RouteRow,
    Row,
    RsitRow,
    ScaleRow,
    ScopeRow,
    TermRow,
    VerdictRow,
    When,
)
from pipeline.assess.vocabulary import limb_key, vocabulary
from pipeline.model import Limb as StoredLimb
from pipeline.model import Tri

_Row = TypeVar("_Row", bound=Row)
_MOST_SITUATIONS = 4096
STRENGTH = {"statute": 0, "by-law": 1, "policy": 2}


@dataclass(frozen=True, slots=True)
class Limb:
    """A limb ready to ask: ``evidence`` are keys of the gathered answers."""

    key: str
    id: str
    group: str
    evidence: tuple[str, ...]
    basis: str
    unanswered: StoredLimb


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

    ``remembered`` holds what was judged by answers: a pure function's results, bounded.
    """

    demands: Mapping[str, tuple[Demand, ...]]
    grades: tuple[tuple[GradeRow, Evaluate | None], ...]
    floors: tuple[tuple[FloorRow, Evaluate | None], ...]
    scale: ScaleRow | None
    scope: ScopeRow | None
    remembered: dict[tuple[int, ...], Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InForce:
    """A pack's rows between two changes of it. ``since`` is the day on which the newest began."""

    revision: str
    since: str
    rows: Mapping[str, tuple[Row, ...]]
    limbs: tuple[Limb, ...]
    verdicts: Mapping[str, Verdict]
    acts: tuple[ActRow, ...]
    act_keys: tuple[str, ...]
    grounds: Mapping[str, str]
    entails: tuple[EntailRow, ...]
    aims: tuple[tuple[AimRow, Evaluate], ...]
    attributes: Mapping[str, AttributeRow]
    window: int
    labels: tuple[LabelRow, ...]
    rsit: RsitRow | None
    rsit_rank: Mapping[str, int]
    axes: tuple[AxisRow, ...]
    nature: tuple[tuple[NatureRow, Evaluate], ...]
    potential_steps: int
    levels: Mapping[int, LevelRow]
    regimes: Mapping[str, RegimeRow]
    roles: Mapping[str, RoleRow]
    terms: tuple[TermRow, ...]
    folding: FoldingRow | None
    _compile: Callable[[str], Evaluate]
    _situations: dict[tuple[frozenset[str], str], Situation] = field(default_factory=dict)

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

    def _situate(self, flags: frozenset[str], reporter: str) -> Situation:
        routes: dict[str, list[RouteRow]] = {}
        for route in self.of("routes", RouteRow):
            heard = not route.reporters or reporter in route.reporters
            if heard and fits(route.when, flags):
                routes.setdefault(route.subject, []).append(route)
        scales = [row for row in self.of("scale", ScaleRow) if fits(row.when, flags)]
        scopes = [row for row in self.of("scopes", ScopeRow) if fits(row.when, flags)]
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
            scale=max(scales, key=lambda row: row.grade, default=None),
            scope=next(iter(scopes), None),
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
    known = held.split("; ")
    return "; ".join([held, *(one for one in added.split("; ") if one not in known)])


def compile_rows(revision: str, since: str, rows: Mapping[str, tuple[Row, ...]]) -> InForce:
    """Compile checked rows; ValueError where an expression names what is not in force."""
    known = vocabulary(rows)

    def compiled(text: str) -> Evaluate:
        return compile_expression(text, known.groups, known.names)

    rsit = next(iter(_of(rows, "rsit", RsitRow)), None)
    reality = next(iter(_of(rows, "reality", RealityRow)), None)
    occurrence = next(iter(_of(rows, "occurrence", OccurrenceRow)), None)
    regimes = _of(rows, "regimes", RegimeRow)
    acts, attributes = _of(rows, "acts", ActRow), _of(rows, "attributes", AttributeRow)
    return InForce(
        revision=revision,
        since=since,
        rows=rows,
        limbs=_limbs(rows),
        verdicts={
            row.id: Verdict(compiled(row.expression), row.expression, row.basis)
            for row in _of(rows, "predicate", VerdictRow)
        },
        acts=acts,
        act_keys=tuple(f"acts.{act.id}" for act in acts),
        grounds=_grounds(acts, attributes),
        entails=_of(rows, "entails", EntailRow),
        aims=tuple((row, compiled(row.when)) for row in _of(rows, "aims", AimRow)),
        attributes={row.id: row for row in attributes},
        window=occurrence.window.nanoseconds if occurrence else 0,
        labels=_of(rows, "labels", LabelRow),
        rsit=rsit,
        rsit_rank={name: rank for rank, name in enumerate(rsit.order if rsit else ())},
        axes=_of(rows, "axes", AxisRow),
        nature=tuple((row, compiled(row.holds)) for row in _of(rows, "nature", NatureRow)),
        potential_steps=reality.potential_steps if reality else 0,
        levels={row.grade: row for row in _of(rows, "levels", LevelRow)},
        regimes={name: row for row in regimes for name in (row.id, *row.aliases)},
        roles={row.id: row for row in _of(rows, "roles", RoleRow)},
        terms=_of(rows, "terms", TermRow),
        folding=next(iter(_of(rows, "folding", FoldingRow)), None),
        _compile=compiled,
    )


def _limbs(rows: Mapping[str, Sequence[Row]]) -> tuple[Limb, ...]:
    return tuple(
        Limb(
            key=limb_key(row),
            id=row.id,
            group=row.group or "",
            evidence=row.evidence,
            basis=row.basis,
            unanswered=StoredLimb(Tri.UNKNOWN, "no finding answers it", row.basis),
        )
        for row in _of(rows, "limbs", LimbRow)
    )


def _of(rows: Mapping[str, Sequence[Any]], section: str, model: type[_Row]) -> tuple[_Row, ...]:
    return tuple(row for row in rows.get(section, ()) if isinstance(row, model))


def _grounds(acts: Sequence[ActRow], attributes: Sequence[AttributeRow]) -> dict[str, str]:
    """Give the grounds of the elements whose ground is the same in every case."""
    articles = "; ".join(dict.fromkeys(act.basis.partition("(")[0] for act in acts))
    return {"acts": articles, **{row.id: row.basis for row in attributes}}
