"""Rows of a pack to what the assessment asks: expressions compiled, tables turned round."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pipeline.assess.expression import Evaluate, compile_expression
from pipeline.assess.rows import (
    ActRow,
    AimRow,
    AttributeRow,
    AxisRow,
    EntailRow,
    FoldingRow,
    GuardRow,
    LabelRow,
    LegRow,
    LevelRow,
    LimbRow,
    NatureRow,
    OccurrenceRow,
    PropertyRow,
    RealityRow,
    RegimeRow,
    RoleRow,
    Row,
    RsitRow,
    TermRow,
    VerdictRow,
)
from pipeline.assess.speech import ready, speech
from pipeline.assess.view import InForce, Verdict
from pipeline.assess.vocabulary import vocabulary
from pipeline.assess.weights import weights

_Row = TypeVar("_Row", bound=Row)


def compile_rows(revision: str, since: str, rows: Mapping[str, tuple[Row, ...]]) -> InForce:
    """Compile checked rows; ValueError where an expression names what is not in force."""
    known = vocabulary(rows)

    def compiled(text: str) -> Evaluate:
        return compile_expression(text, known.groups, known.names)

    limbs = tuple(ready(row) for row in _of(rows, "limbs", LimbRow))
    acts, attributes = _of(rows, "acts", ActRow), _of(rows, "attributes", AttributeRow)
    rsit, reality = _one(rows, "rsit", RsitRow), _one(rows, "reality", RealityRow)
    axes, properties = _of(rows, "axes", AxisRow), _of(rows, "properties", PropertyRow)
    regimes = _of(rows, "regimes", RegimeRow)
    return InForce(
        revision=revision,
        since=since,
        rows=rows,
        limbs=limbs,
        verdicts={
            row.id: Verdict(compiled(row.expression), row.expression, row.basis)
            for row in _of(rows, "predicate", VerdictRow)
        },
        acts=acts,
        act_keys=tuple(f"acts.{act.id}" for act in acts),
        speech=speech(limbs, acts, attributes),
        weights=weights(axes, properties, _of(rows, "nature", NatureRow), reality, compiled),
        grounds=_grounds(acts, attributes),
        entails=_of(rows, "entails", EntailRow),
        aims=tuple((row, compiled(row.when)) for row in _of(rows, "aims", AimRow)),
        attributes={row.id: row for row in attributes},
        occurrence=_one(rows, "occurrence", OccurrenceRow),
        labels=_of(rows, "labels", LabelRow),
        rsit=rsit,
        rsit_rank={name: rank for rank, name in enumerate(rsit.order if rsit else ())},
        levels={row.grade: row for row in _of(rows, "levels", LevelRow)},
        regimes={name: row for row in regimes for name in (row.id, *row.aliases)},
        roles={row.id: row for row in _of(rows, "roles", RoleRow)},
        guards={row.id: row for row in _of(rows, "guard", GuardRow)},
        legs=_of(rows, "legs", LegRow),
        terms=_of(rows, "terms", TermRow),
        folding=_one(rows, "folding", FoldingRow),
        _compile=compiled,
    )


def _of(rows: Mapping[str, Sequence[Any]], section: str, model: type[_Row]) -> tuple[_Row, ...]:
    return tuple(row for row in rows.get(section, ()) if isinstance(row, model))


def _one(rows: Mapping[str, Sequence[Any]], section: str, model: type[_Row]) -> _Row | None:
    return next(iter(_of(rows, section, model)), None)


def _grounds(acts: Sequence[ActRow], attributes: Sequence[AttributeRow]) -> dict[str, str]:
    """Give the grounds of the elements whose ground is the same in every case."""
    articles = "; ".join(dict.fromkeys(_article(act.basis) for act in acts))
    return {"acts": articles, **{row.id: row.basis for row in attributes}}


def _article(basis: str) -> str:
    """Give the article of a ground without its paragraphs."""
    act, slash, norm = basis.partition("/")
    return f"{act}{slash}{norm.partition('(')[0]}"
