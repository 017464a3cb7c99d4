"""Rules, correlations and filters as content gives them to the other rooms."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from pipeline.content.predicate import Predicate, decode, encode


@dataclass(frozen=True, slots=True)
class Rule:
    """A Sigma detection rule. ``hash`` follows its document and the filters applied to it.

    ``fields`` are the names that its selections read. What the document leaves out is "".
    ``norms`` are the norms of law among its references (``kz-418-V/30(1)``). ``meets`` names a duty
    (``backup``) that its events show to be met: such a rule gives no findings.
    """

    id: str
    name: str
    title: str
    level: str
    status: str
    hash: str
    tags: tuple[str, ...]
    taxonomy: str
    product: str
    category: str
    service: str
    fields: tuple[str, ...]
    predicate: Predicate
    norms: tuple[str, ...] = ()
    meets: str = ""
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """A number compared with what a window holds."""

    op: str  # gt | gte | lt | lte | eq | neq
    count: int | float


@dataclass(frozen=True, slots=True)
class CorrelationCondition:
    """When a correlation fires: what its windows hold of ``field``, compared with a number.

    ``also`` are further comparisons that must hold as well. ``more_fields`` are counted together
    with ``field``, as one value of all. ``percentile``: of value_percentile, None for a share.
    """

    op: str
    count: int | float
    field: str | None = None
    more_fields: tuple[str, ...] = ()
    also: tuple[Comparison, ...] = ()
    percentile: int | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """Give every field that is read."""
        return () if self.field is None else (self.field, *self.more_fields)

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Give every comparison that must hold."""
        return (Comparison(self.op, self.count), *self.also)


@dataclass(frozen=True, slots=True)
class Branch:
    """One alternative of a condition in words: rules that must occur, and that must not."""

    occur: tuple[str, ...]
    absent: tuple[str, ...]

    def joined(self, other: "Branch") -> "Branch":
        """Give the branch in which both hold."""
        return Branch(
            tuple(dict.fromkeys((*self.occur, *other.occur))),
            tuple(dict.fromkeys((*self.absent, *other.absent))),
        )


@dataclass(frozen=True, slots=True)
class Correlation:
    """A Sigma correlation rule. ``aliases`` maps an alias and a rule's id to that rule's field.

    ``rules`` are ids of rules or of other correlations, in the document's order. ``scope`` is
    object, or centre: its groups run across objects. ``branches`` is its condition in words.
    """

    id: str
    name: str
    title: str
    level: str
    status: str
    hash: str
    tags: tuple[str, ...]
    type: str
    rules: tuple[str, ...]
    group_by: tuple[str, ...]
    timespan_ns: int
    condition: CorrelationCondition
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    generate: bool = False
    scope: str = "object"
    branches: tuple[Branch, ...] = ()
    norms: tuple[str, ...] = ()
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Filter:
    """A Sigma filter: what the rules it names must also fulfil. ``rules`` None: every rule."""

    id: str
    title: str
    hash: str
    product: str
    category: str
    service: str
    rules: tuple[str, ...] | None
    predicate: Predicate
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Broken:
    """A document that was put aside, and why."""

    line: int
    message: str
    way_out: str = ""
    file: str = ""


Item = Rule | Correlation | Filter | Broken
_KINDS: dict[str, type[Item]] = {
    "rule": Rule,
    "correlation": Correlation,
    "filter": Filter,
    "broken": Broken,
}
_TUPLES = ("tags", "fields", "rules", "group_by", "norms")


def item_form(item: Item) -> dict[str, Any]:
    """Give the JSON form of what a document became; the file's name is left to the reader."""
    form = {part.name: getattr(item, part.name) for part in fields(item) if part.name != "file"}
    if "predicate" in form:
        form["predicate"] = encode(form["predicate"])
    if "condition" in form:
        form["condition"] = asdict(form["condition"])
        form["branches"] = [asdict(branch) for branch in form["branches"]]
    form["kind"] = type(item).__name__.lower()
    return form


def item_from(form: dict[str, Any], file: str) -> Item:
    """Read what ``item_form`` wrote; raises KeyError or TypeError where it is not that."""
    values = dict(form, file=file)
    kind = _KINDS[values.pop("kind")]
    if "predicate" in values:
        values["predicate"] = decode(values["predicate"])
    if "condition" in values:
        values["condition"] = _condition_from(values["condition"])
        values["branches"] = tuple(
            Branch(tuple(one["occur"]), tuple(one["absent"])) for one in values["branches"]
        )
    for name in _TUPLES:
        if values.get(name) is not None:
            values[name] = tuple(values[name])
    return kind(**values)


def _condition_from(form: dict[str, Any]) -> CorrelationCondition:
    also = tuple(Comparison(**one) for one in form["also"])
    return CorrelationCondition(**dict(form, also=also, more_fields=tuple(form["more_fields"])))
