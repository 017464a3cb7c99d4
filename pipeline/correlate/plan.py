"""Correlation rules made ready: what each takes from which match, and when it can be decided.

Decided where the text (Sigma correlation rules 2.1) leaves it open:

- an event without a group-by field, or without the field that is counted, is in no window of that
  rule; of a field with several values the first one counts.
- values are compared as text, exactly; a text beyond ``MOST_TEXT`` by its beginning and its hash.
- an event that several of the rules match counts once, by the first of them by id; for the temporal
  types it stands for each of them.
- a correlation that others refer to *occurs* at each event at whose instant its window holds: there
  it has that event's id, time and fields, and its own group-by names.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from pipeline.content import Content, Correlation
from pipeline.correlate.measures import (
    EventCount,
    Measure,
    Percentile,
    Share,
    Sum,
    ValueCount,
    exact,
    holds_all,
)
from pipeline.correlate.occurrences import Alternative, Occurred, Ordered, Words
from pipeline.model import Json, RuleRef, identity

MOST_TEXT = 512
FORM = "3"  # of the rows; another one's rows are let go
GROWING = frozenset({"gt", "gte"})
COUNTED = frozenset({"event_count", "value_count", "temporal", "temporal_ordered"})
OBJECT = "saqshy.object_id"

Reader = Callable[[Json], Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """One correlation rule as the fold runs it.

    ``kind`` names its rows: those of "window" are decided at once, those of "delayed" when the
    watermark has passed. ``shape`` is a hash of the rule's id and of what its rows count, so that
    rows of a rule that was edited are not read by its new form. ``need`` is the least number of
    entries that can hold, and ``counts`` says that it is also enough; ``kinds`` is the least number
    of different rules. ``shift`` moves a window's end behind its event;
    ``anchors`` are the bits of rules whose events have windows (0: all). ``rank`` is above that of
    every correlation referred to.
    """

    rule: Correlation
    rank: int
    kind: str
    shape: str
    timespan: int
    measure: Callable[[], Measure]
    need: int
    counts: bool
    kinds: int
    shift: int
    anchors: int
    heard: bool  # others refer to it
    silent: bool  # it gives no findings itself
    ref: RuleRef

    @property
    def prefix(self) -> str:
        """Give how the keys of its rows begin."""
        return orjson.dumps([self.kind, self.shape]).decode()[:-1]


@dataclass(frozen=True, slots=True)
class Feed:
    """What a plan takes from the matches of one rule; ``number`` is the plan's place."""

    number: int
    plan: Plan
    prefix: str
    group: tuple[str, ...]
    value: Reader | None
    mask: int
    carried: tuple[tuple[str, str], ...]


def plans_of(content: Content, scope: str) -> list[Plan]:
    """Give the plans of a scope, each after those that it refers to."""
    ranks = _ranks(content.correlations)
    used = {name for item in content.correlations.values() for name in item.rules}
    chosen = [item for item in content.correlations.values() if item.scope == scope]
    return [
        _plan(item, ranks[item.id], item.id in used, not content.speaks_alone(item.id))
        for item in sorted(chosen, key=lambda item: (ranks[item.id], item.id))
    ]


def patience(content: Content) -> int:
    """Give how long after its last event a group may have to be waited for, in nanoseconds."""
    waits: dict[str, int] = {}
    plans = [*plans_of(content, "object"), *plans_of(content, "centre")]
    for plan in sorted(plans, key=lambda plan: plan.rank):
        inner = max(waits.get(name, 0) for name in plan.rule.rules)
        waits[plan.rule.id] = inner + plan.shift
    return max(waits.values(), default=0)


def feeds_of(content: Content, plans: Iterable[Plan]) -> dict[str, tuple[Feed, ...]]:
    """Give by rule (or correlation) what its matches feed."""
    feeds: dict[str, list[Feed]] = {}
    for number, plan in enumerate(plans):
        for bit, rule_id in enumerate(plan.rule.rules):
            feed = _feed(number, plan, rule_id, bit, content.wanted_fields(plan.rule.id))
            feeds.setdefault(rule_id, []).append(feed)
    return {rule_id: tuple(found) for rule_id, found in feeds.items()}


def key_of(feed: Feed, fields: Json) -> str | None:
    """Give the key of the row that a match belongs to; None where it belongs to no group."""
    if not feed.group:
        return f"{feed.prefix}]"
    group = []
    for name in feed.group:
        text = fields.get(name)
        if type(text) is not str or len(text) > MOST_TEXT or not text.isascii():
            text = text_of(text)
            if text is None:
                return None
        group.append(text)
    # The same as dumping it all, but that what never changes is there already.
    return f"{feed.prefix},{orjson.dumps(group)[1:].decode()}"


def group_of(plan: Plan, key: str) -> dict[str, str]:
    """Give the group that a row's key stands for, by the names that the rule groups by."""
    return dict(zip(plan.rule.group_by, orjson.loads(key)[2:], strict=True))


def text_of(value: Any) -> str | None:
    """Give a field's value as bounded text; None where there is none."""
    if type(value) is list:
        value = value[0] if value else None
    if value is None:
        return None
    text = value if type(value) is str else str(value)
    if len(text) > MOST_TEXT:
        text = f"{text[:64]}…{identity(text)}"
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
    return text


def _ranks(correlations: Mapping[str, Correlation]) -> dict[str, int]:
    """Give each correlation a rank above those it refers to (linking has refused circles)."""
    ranks: dict[str, int] = {}
    ahead = list(correlations)
    while ahead:
        inner = [name for name in correlations[ahead[-1]].rules if name in correlations]
        unknown = [name for name in inner if name not in ranks]
        if unknown:
            ahead += unknown
        else:
            ranks[ahead.pop()] = 1 + max((ranks[name] for name in inner), default=-1)
    return ranks


def _plan(rule: Correlation, rank: int, heard: bool, silent: bool) -> Plan:
    comparisons = rule.condition.comparisons
    grows = rule.type in COUNTED and all(one.op in GROWING for one in comparisons)
    forward = any(branch.absent for branch in rule.branches)
    bits = {name: bit for bit, name in enumerate(rule.rules)}
    occur = {name for branch in rule.branches for name in branch.occur}
    if rule.branches:
        grows = not forward
    least = max(math.floor(one.count) + (one.op == "gt") for one in comparisons)
    counted = rule.type in ("event_count", "value_count") and grows
    return Plan(
        rule=rule,
        rank=rank,
        kind="window" if grows else "delayed",
        shape=_shape(rule),
        timespan=rule.timespan_ns,
        measure=_measure(rule, bits),
        need=max(1, least) if counted else 1,
        counts=counted and rule.type == "event_count",
        kinds=_kinds(rule, least),
        shift=rule.timespan_ns - 1 if forward else 0,
        anchors=sum(1 << bits[name] for name in occur) if forward else 0,
        heard=heard,
        silent=silent,
        ref=RuleRef(rule.id, rule.title, rule.level, rule.hash),
    )


def _kinds(rule: Correlation, least: int) -> int:
    """Give how many different rules a window needs at least."""
    if rule.branches:
        return min(len(branch.occur) for branch in rule.branches)
    return least if rule.type in ("temporal", "temporal_ordered") else 0


def _measure(rule: Correlation, bits: Mapping[str, int]) -> Callable[[], Measure]:
    """Give what makes a fresh measure of the rule."""
    holds = holds_all(rule.condition.comparisons)
    size = len(rule.rules)
    if rule.branches:
        alternatives = [
            Alternative(
                tuple(bits[name] for name in branch.occur),
                tuple(bits[name] for name in branch.absent),
            )
            for branch in rule.branches
        ]
        return partial(Words, alternatives, size, ordered=rule.type == "temporal_ordered")
    if rule.type == "value_percentile":
        percentile = rule.condition.percentile
        return (
            partial(Share, holds) if percentile is None else partial(Percentile, holds, percentile)
        )
    made: dict[str, Callable[[], Measure]] = {
        "event_count": partial(EventCount, holds),
        "value_count": partial(ValueCount, holds),
        "value_sum": partial(Sum, holds, average=False),
        "value_avg": partial(Sum, holds, average=True),
        "temporal": partial(Occurred, holds, size),
        "temporal_ordered": partial(Ordered, holds, size),
    }
    return made[rule.type]


def _shape(rule: Correlation) -> str:
    condition, aliases = rule.condition, rule.aliases
    renamed = [
        f"{alias}={name}:{field}"
        for alias in sorted(aliases)
        for name, field in sorted(aliases[alias].items())
    ]
    counted = (rule.type, *condition.fields, str(rule.timespan_ns), str(condition.percentile))
    words = (str(branch) for branch in rule.branches)
    parts = (FORM, rule.id, rule.scope, *counted, *words, *rule.rules, "by", *rule.group_by)
    return identity("window", *parts, "as", *renamed)[:16]


def _feed(number: int, plan: Plan, rule_id: str, bit: int, asked: Iterable[str]) -> Feed:
    aliases = plan.rule.aliases

    def named(name: str) -> str:
        return aliases.get(name, {}).get(rule_id, name)

    carried = [name for name in asked if name not in plan.rule.group_by]
    if plan.rule.scope == "centre":
        carried.append(OBJECT)
    return Feed(
        number=number,
        plan=plan,
        prefix=plan.prefix,
        group=tuple(map(named, plan.rule.group_by)),
        value=_reader(plan.rule, tuple(map(named, plan.rule.condition.fields))),
        mask=1 << bit,
        carried=tuple((name, named(name)) for name in dict.fromkeys(carried)),
    )


def _reader(rule: Correlation, names: tuple[str, ...]) -> Reader | None:
    """Give what reads the value that a rule counts from a match's fields; None: it counts none."""
    if not names:
        return None
    if rule.type in ("value_sum", "value_avg") or rule.condition.percentile is not None:
        return partial(_number, names[0])
    if len(names) == 1:
        return partial(_text, names[0])
    return partial(_texts, names)


def _text(name: str, fields: Json) -> str | None:
    return text_of(fields.get(name))


def _texts(names: tuple[str, ...], fields: Json) -> str | None:
    texts = [text_of(fields.get(name)) for name in names]
    return None if None in texts else orjson.dumps(texts).decode()


def _number(name: str, fields: Json) -> int | str | None:
    """Read a number as an entry keeps it: whole, or a ratio as text; None where it is none."""
    value = fields.get(name)
    if type(value) is list:
        value = value[0] if value else None
    if type(value) is str:
        value = _numeral(value.strip())
    if type(value) is float:
        if not math.isfinite(value):
            return None
        value = exact(value)
    if type(value) is int:
        return value if abs(value) < 10**40 else None
    return None if value is None or isinstance(value, (bool, str, dict)) else str(value)


def _numeral(text: str) -> int | float | None:
    """Read text as a number: a whole one exactly, else as a double."""
    if len(text) > 40 or "_" in text:
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return None
