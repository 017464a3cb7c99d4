"""One correlation document to a ``Correlation``, by pySigma; what is not understood is refused.

Where the text (Sigma correlation rules 2.1) and pySigma part, the text is followed:

- ``generate`` stands at the document's top in the text and inside ``correlation`` in pySigma; both
  are read, and two that contradict each other are refused.
- a condition may hold several comparisons, which must all hold (``gt: 100`` and ``lte: 200``);
  pySigma takes one, so each is read by itself.
- ``value_percentile`` has no percentile in the text's own example, whose number is the share in
  percent that a value has among all; with pySigma's ``percentile`` it is the percentile of numbers.
  Without ``percentile`` it is the share here, with it the percentile.

Two keys under ``custom`` are ours: ``saqshy.scope`` (object or centre), and ``saqshy.extended``,
true, without which a condition in words (the draft of 2.2) is refused.
"""

from collections.abc import Callable, Iterator
from typing import Any

from sigma.correlations import (
    CorrelationConditionAND,
    CorrelationConditionNOT,
    CorrelationConditionOR,
    SigmaCorrelationCondition,
    SigmaCorrelationRule,
    SigmaExtendedCorrelationCondition,
    SigmaRuleReference,
)

from pipeline.content.documents import RuleDocument
from pipeline.content.rule import Branch, Comparison, Correlation, CorrelationCondition
from pipeline.content.translation import NotUnderstood
from pipeline.model import NANOSECONDS

EVALUATED = (
    "event_count",
    "value_count",
    "temporal",
    "temporal_ordered",
    "value_sum",
    "value_avg",
    "value_percentile",
)
TEMPORAL = ("temporal", "temporal_ordered")
OPERATORS = ("gt", "gte", "lt", "lte", "eq", "neq")
SCOPES = ("object", "centre")
MOST_BRANCHES = 64
MOST_RULES = 32
MOST_TIMESPAN = 366 * 86_400 * NANOSECONDS

Head = Callable[[SigmaCorrelationRule, dict[str, Any]], dict[str, Any]]


def correlation_of(document: RuleDocument, head: Head) -> Correlation:
    """Read one correlation; ``head`` gives what it has in common with rules.

    NotUnderstood or pySigma's own error where it asks for what we would not evaluate as meant.
    """
    data = document.data
    section = data.get("correlation")
    comparisons, plain = _comparisons(section if isinstance(section, dict) else {})
    parsed = SigmaCorrelationRule.from_dict(dict(data, correlation=plain or section))
    kind = parsed.type.name.lower()
    if kind not in EVALUATED:
        told = f"the correlation type {kind} is not of Sigma 2.1: use {EVALUATED}"
        raise NotUnderstood(told, "correlation", "type")
    custom = _custom(data)
    rules, branches = _references(parsed, extended=custom.get("saqshy.extended", False))
    timespan = parsed.timespan.seconds * NANOSECONDS
    if timespan > MOST_TIMESPAN:
        raise NotUnderstood("the timespan is longer than 366 days", "correlation", "timespan")
    return Correlation(
        **head(parsed, data),
        level=parsed.level.name.lower() if parsed.level else "",
        status=parsed.status.name.lower() if parsed.status else "",
        tags=tuple(map(str, parsed.tags)),
        type=kind,
        rules=rules,
        group_by=tuple(dict.fromkeys(parsed.group_by or ())),
        timespan_ns=timespan,
        condition=_condition(parsed, kind, comparisons, len(rules)),
        aliases=parsed.aliases.to_dict(),
        generate=_generate(data, section),
        scope=custom.get("saqshy.scope", "object"),
        branches=branches,
        line=document.line,
    )


def _comparisons(section: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Split a condition into one comparison each; also the section with the first one alone."""
    condition = section.get("condition")
    if not isinstance(condition, dict):
        return [], {}
    rest = {key: value for key, value in condition.items() if key not in OPERATORS}
    each = [{**rest, name: condition[name]} for name in OPERATORS if name in condition]
    if len(each) < 2:
        return each, {}
    return each, {**section, "condition": each[0]}


def _condition(
    parsed: SigmaCorrelationRule, kind: str, each: list[dict[str, Any]], rules: int
) -> CorrelationCondition:
    condition = parsed.condition
    if not isinstance(condition, SigmaCorrelationCondition):
        return CorrelationCondition("gte", rules)
    read = [SigmaCorrelationCondition.from_dict(one) for one in each] or [condition]
    first, *more = read
    metric = kind in ("value_sum", "value_avg", "value_percentile")
    if not metric and not all(isinstance(one.count, int) for one in read):
        raise NotUnderstood("a count must be whole", "correlation", "condition")
    if metric and any(abs(one.count) > 1e18 for one in read):
        raise NotUnderstood("the number is beyond 1e18", "correlation", "condition")
    percentile = first.percentile
    if percentile is not None and (kind != "value_percentile" or not 0 <= percentile <= 100):
        told = "percentile is a number from 0 to 100, of value_percentile alone"
        raise NotUnderstood(told, "correlation", "condition")
    names = _fields(first.fieldref, kind)
    return CorrelationCondition(
        first.op.name.lower(),
        first.count,
        names[0] if names else None,
        more_fields=names[1:],
        also=tuple(Comparison(one.op.name.lower(), one.count) for one in more),
        percentile=percentile,
    )


def _fields(given: Any, kind: str) -> tuple[str, ...]:
    """Give the condition's fields; several are counted together, as one value of all."""
    names = given if isinstance(given, list) else [given] if given is not None else []
    if not all(isinstance(name, str) and name for name in names):
        raise NotUnderstood("field is a name or a list of names", "correlation", "condition")
    counted = kind.startswith("value_")
    if counted is not bool(names):
        told = "needs a field in its condition" if counted else "counts no field: leave it out"
        raise NotUnderstood(f"{kind} {told}", "correlation", "condition")
    if len(names) > 1 and kind != "value_count":
        raise NotUnderstood(f"{kind} takes one field", "correlation", "condition")
    return tuple(dict.fromkeys(names))


def _references(
    parsed: SigmaCorrelationRule, *, extended: bool
) -> tuple[tuple[str, ...], tuple[Branch, ...]]:
    """Give the rules referred to and, of a condition in words, its branches."""
    condition = parsed.condition
    rules = tuple(reference.reference for reference in parsed.rules or ())
    branches: tuple[Branch, ...] = ()
    if isinstance(condition, SigmaExtendedCorrelationCondition):
        if not extended:
            told = (
                "a condition in words is a draft (2.2): allow it with custom: saqshy.extended: true"
            )
            raise NotUnderstood(told, "correlation", "condition")
        rules = rules or tuple(condition.get_referenced_rules())
        branches = tuple(dict.fromkeys(_branches(condition.parsed, positive=True)))
    if not all(isinstance(name, str) for name in rules):
        raise NotUnderstood("refer to rules by id or name", "correlation", "rules")
    if len(rules) > MOST_RULES and parsed.type.name.lower() in TEMPORAL:
        told = f"refers to more than {MOST_RULES} rules"
        raise NotUnderstood(told, "correlation", "rules")
    return rules, branches


def _branches(part: Any, *, positive: bool) -> Iterator[Branch]:
    """Give a condition as alternatives, each of rules that must and rules that must not occur.

    Rules keep the order in which they are written; what contradicts itself is left out.
    """
    if isinstance(part, SigmaRuleReference):
        name = (part.reference,)
        yield Branch(name, ()) if positive else Branch((), name)
    elif isinstance(part, CorrelationConditionNOT):
        yield from _branches(part.args[0], positive=not positive)
    elif isinstance(part, CorrelationConditionAND | CorrelationConditionOR):
        if isinstance(part, CorrelationConditionOR) is positive:
            for each in part.args:
                yield from _branches(each, positive=positive)
            return
        together = [Branch((), ())]
        for each in part.args:
            others = list(_branches(each, positive=positive))
            together = [one.joined(other) for one in together for other in others]
            if len(together) > MOST_BRANCHES:
                told = f"the condition has more than {MOST_BRANCHES} alternatives"
                raise NotUnderstood(told, "correlation", "condition")
        yield from (one for one in together if not set(one.occur) & set(one.absent))
    else:
        raise NotUnderstood(f"the condition holds {part!r}", "correlation", "condition")


def _custom(data: dict[str, Any]) -> dict[str, Any]:
    custom = data.get("custom")
    if not isinstance(custom, dict):
        return {}
    if custom.get("saqshy.scope", "object") not in SCOPES:
        raise NotUnderstood(f"saqshy.scope is one of {SCOPES}", "custom", "saqshy.scope")
    if not isinstance(custom.get("saqshy.extended", False), bool):
        raise NotUnderstood("saqshy.extended is true or false", "custom", "saqshy.extended")
    return custom


def _generate(data: dict[str, Any], section: Any) -> bool:
    inner = section.get("generate") if isinstance(section, dict) else None
    given = [value for value in (data.get("generate"), inner) if value is not None]
    if not all(isinstance(value, bool) for value in given):
        raise NotUnderstood("generate is true or false", "generate")
    if len(set(given)) > 1:
        raise NotUnderstood("generate stands twice and says both: keep one", "generate")
    return bool(given and given[0])
