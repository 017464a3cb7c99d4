"""One YAML document to a rule, a correlation or a filter, by pySigma; never an exception."""

import json
import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from sigma.correlations import SigmaCorrelationCondition, SigmaCorrelationRule
from sigma.exceptions import SigmaError
from sigma.filters import SigmaFilter
from sigma.rule import SigmaDetections, SigmaRule, SigmaRuleBase
from sigma.rule.base import check_alias_expansion
from sigma.rule.logsource import SigmaLogSource

from pipeline.content.documents import RuleDocument, Unreadable, read_documents
from pipeline.content.faults import POLICY, place_of_fault
from pipeline.content.predicate import Or, Predicate, fields_of
from pipeline.content.rule import (
    Broken,
    Correlation,
    CorrelationCondition,
    Filter,
    Item,
    Rule,
)
from pipeline.content.translation import NotUnderstood, predicate_of
from pipeline.model import NANOSECONDS, identity

PARSER = f"pysigma {version('pysigma')}"
TAXONOMIES = ("sigma", "ecs")
EVALUATED = ("event_count", "value_count")
_NOT_SELECTIONS = ("condition", "timeframe", "rules")
_MOST_CONDITION = 10_000
_MOST_EXACT = 2**53


def parse_file(data: bytes) -> list[Item]:
    """Give what each document of a file became, in their order."""
    try:
        documents = read_documents(data)
    except Unreadable as error:
        return [error.broken]
    return [
        document if isinstance(document, Broken) else parse_document(document)
        for document in documents
    ]


def parse_document(document: RuleDocument) -> Item:
    """Parse one document; what pySigma or we cannot read as it is meant becomes ``Broken``."""
    data = document.data
    read: Callable[[RuleDocument], Item]
    if "correlation" in data:
        read, section = _correlation, "correlation"
    elif "filter" in data:
        read, section = _filter, "filter"
    elif "detection" in data or "logsource" in data:
        read, section = _rule, "detection"
    else:
        message = "is neither a rule, a correlation nor a filter"
        return Broken(document.line, message, "a rule has logsource and detection")
    broken = _check_id(document)
    if broken is not None:
        return broken
    try:
        check_alias_expansion(data, SigmaError)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of re, about patterns that other engines read alike
            return read(document)
    except (SigmaError, NotUnderstood) as error:
        place = place_of_fault(data, section, error)
        return Broken(document.line_of(*place), str(error))
    except Exception as error:  # noqa: BLE001 (malformed data makes pySigma raise anything)
        message = f"cannot be parsed: {type(error).__name__}: {error}"
        return Broken(document.line_of(section), message)


def _check_id(document: RuleDocument) -> Broken | None:
    given = document.data.get("id")
    if given is None or isinstance(given, str):
        return None
    return Broken(document.line_of("id"), f"the id {given!r} is no UUID", "write it as text")


def _rule(document: RuleDocument) -> Rule:
    data = document.data
    detection = _respelt(data.get("detection"))
    parsed = SigmaRule.from_dict(dict(data, detection=detection), policy=POLICY)
    _check_taxonomy(parsed)
    predicate = _predicate(parsed.detection)
    product, category, service = _log_source(parsed.logsource)
    return Rule(
        **_head(parsed, data),
        level=parsed.level.name.lower() if parsed.level else "",
        status=parsed.status.name.lower() if parsed.status else "",
        tags=tuple(map(str, parsed.tags)),
        taxonomy=parsed.taxonomy,
        product=product,
        category=category,
        service=service,
        fields=fields_of(predicate),
        predicate=predicate,
        line=document.line,
    )


def _correlation(document: RuleDocument) -> Correlation:
    data = document.data
    parsed = SigmaCorrelationRule.from_dict(data)
    _check_taxonomy(parsed)
    kind = parsed.type.name.lower()
    condition = parsed.condition
    if kind not in EVALUATED:
        told = f"the correlation type {kind} is not evaluated: use {EVALUATED}"
        raise NotUnderstood(told, "correlation", "type")
    if not isinstance(condition, SigmaCorrelationCondition) or parsed.rules is None:
        told = "a condition in words is not evaluated: compare a count with a number"
        raise NotUnderstood(told, "correlation", "condition")
    if not isinstance(condition.count, int):
        told = f"the count {condition.count} is not whole"
        raise NotUnderstood(told, "correlation", "condition")
    if isinstance(condition.fieldref, list):
        told = "a condition over several fields is not evaluated: name one field"
        raise NotUnderstood(told, "correlation", "condition")
    return Correlation(
        **_head(parsed, data),
        level=parsed.level.name.lower() if parsed.level else "",
        status=parsed.status.name.lower() if parsed.status else "",
        tags=tuple(map(str, parsed.tags)),
        type=kind,
        rules=tuple(reference.reference for reference in parsed.rules),
        group_by=tuple(parsed.group_by or ()),
        timespan_ns=parsed.timespan.seconds * NANOSECONDS,
        condition=CorrelationCondition(
            condition.op.name.lower(), condition.count, condition.fieldref
        ),
        aliases=parsed.aliases.to_dict(),
        generate=parsed.generate,
        line=document.line,
    )


def _filter(document: RuleDocument) -> Filter:
    data = document.data
    parsed = SigmaFilter.from_dict(dict(data, filter=_respelt(data.get("filter"))), policy=POLICY)
    _check_taxonomy(parsed)
    head = _head(parsed, data)
    named = parsed.filter.rules
    product, category, service = _log_source(parsed.logsource)
    return Filter(
        id=head["id"],
        title=head["title"],
        hash=head["hash"],
        product=product,
        category=category,
        service=service,
        rules=None if isinstance(named, str) else tuple(item.reference for item in named),
        predicate=_predicate(parsed.filter),
        line=document.line,
    )


def _head(parsed: SigmaRuleBase, data: dict[str, Any]) -> dict[str, Any]:
    digest = identity(json.dumps(data, sort_keys=True, default=str, ensure_ascii=False))
    return {
        "id": str(parsed.id) if parsed.id else parsed.name or f"document-{digest}",
        "name": parsed.name or "",
        "title": parsed.title,
        "hash": digest,
    }


def _log_source(parsed: SigmaLogSource) -> tuple[str, str, str]:
    return (
        (parsed.product or "").lower(),
        (parsed.category or "").lower(),
        (parsed.service or "").lower(),
    )


def _check_taxonomy(parsed: SigmaRuleBase) -> None:
    if parsed.taxonomy not in TAXONOMIES:
        told = f"the taxonomy {parsed.taxonomy!r} is not known: use {TAXONOMIES}"
        raise NotUnderstood(told, "taxonomy")


def _predicate(detections: SigmaDetections) -> Predicate:
    if any(len(condition) > _MOST_CONDITION for condition in detections.condition):
        raise NotUnderstood(f"the condition is longer than {_MOST_CONDITION} characters")
    parts = [predicate_of(condition.parsed) for condition in detections.parsed_condition]
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


def _respelt(section: Any) -> Any:
    """Write modifiers that pySigma does not know as those it knows; refuse what it would bend."""
    if not isinstance(section, dict):
        return section
    if "timeframe" in section:
        raise NotUnderstood("timeframe belongs to the old aggregations: write a correlation rule")
    return {
        name: part if name in _NOT_SELECTIONS else _respelt_part(part)
        for name, part in section.items()
    }


def _respelt_part(part: Any) -> Any:
    if isinstance(part, list):
        return [_respelt_part(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {_respelt_key(str(key)): _respelt_value(key, value) for key, value in part.items()}


def _respelt_value(key: Any, value: Any) -> Any:
    """Give a whole number that no float holds as its text: pySigma would round it."""
    if isinstance(value, list):
        return [_respelt_value(key, item) for item in value]
    whole = isinstance(value, int) and not isinstance(value, bool) and "|" not in str(key)
    return str(value) if whole and abs(value) > _MOST_EXACT else value


def _respelt_key(key: str) -> str:
    field, *modifiers = key.split("|")
    if "re" in modifiers and {"startswith", "endswith"} & set(modifiers):
        # pySigma would drop the anchor: its backends match whole values, ours searches.
        raise NotUnderstood(f"{key}: anchor the regular expression with ^ or $ instead")
    return "|".join([field, *("wide" if name == "utf16le" else name for name in modifiers)])
