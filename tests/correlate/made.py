"""Content made for tests of the fold: rules by id, correlations over them."""

from collections.abc import Iterable, Sequence

from pipeline.content import Content
from pipeline.content.predicate import Exists
from pipeline.content.rule import Correlation, CorrelationCondition, Rule


def rule(rule_id: str) -> Rule:
    """Make a rule; the fold never looks at its predicate."""
    return Rule(
        id=rule_id,
        name=rule_id,
        title=f"Rule {rule_id}",
        level="medium",
        status="test",
        hash="h",
        tags=(),
        taxonomy="sigma",
        product="linux",
        category="",
        service="",
        fields=("user",),
        predicate=Exists("user", True),
    )


def correlation(
    rule_id: str,
    kind: str,
    rules: Sequence[str],
    group_by: Sequence[str],
    timespan: int,
    op: str,
    count: int,
) -> Correlation:
    """Make a correlation rule; ``value_count`` counts the field ``value``."""
    return Correlation(
        id=rule_id,
        name=rule_id,
        title=f"Correlation {rule_id}",
        level="high",
        status="test",
        hash="h",
        tags=(),
        type=kind,
        rules=tuple(rules),
        group_by=tuple(group_by),
        timespan_ns=timespan,
        condition=CorrelationCondition(op, count, "value" if kind == "value_count" else None),
    )


def content_with(rules: Iterable[Rule], correlations: Iterable[Correlation]) -> Content:
    """Make content of these rules and correlations."""
    return Content(
        revision="made",
        rules={item.id: item for item in rules},
        correlations={item.id: item for item in correlations},
        quarantined=(),
    )
