"""One YAML document to a rule, a correlation or a filter, by pySigma; never an exception."""

import json
import re
import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from sigma.exceptions import SigmaError
from sigma.filters import SigmaFilter
from sigma.rule import SigmaDetections, SigmaRule, SigmaRuleBase
from sigma.rule.attributes import SigmaStatus
from sigma.rule.base import check_alias_expansion
from sigma.rule.logsource import SigmaLogSource

from pipeline.content.correlation_parsing import correlation_of
from pipeline.content.documents import RuleDocument, Unreadable, read_documents
from pipeline.content.faults import POLICY, place_of_fault, way_out
from pipeline.content.predicate import Or, Predicate, fields_of
from pipeline.content.rule import (
    Broken,
    Correlation,
    Filter,
    Item,
    Rule,
)
from pipeline.content.selections import spell_section
from pipeline.content.translation import NotUnderstood, predicate_of
from pipeline.model import identity

PARSER = f"pysigma {version('pysigma')}"
TAXONOMIES = ("sigma", "ecs")
DUTIES = ("backup",)  # what a rule's events may show to be met
_LOG_SOURCE = ("product", "category", "service")
_MOST_MESSAGE = 500
_NORM = re.compile(r"[a-z][a-z0-9]*(?:-[0-9A-Za-z]+)+/[0-9][0-9A-Za-z()-]*")


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
    broken = _check_head(document)
    if broken is not None:
        return broken
    try:
        check_alias_expansion(data, SigmaError)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of re, about patterns that other engines read alike
            return read(document)
    except (SigmaError, NotUnderstood) as error:
        place = place_of_fault(data, section, error)
        message = str(error)[:_MOST_MESSAGE]
        return Broken(document.line_of(*place), message, way_out(error, place))
    except Exception as error:  # noqa: BLE001 (malformed data makes pySigma raise anything)
        message = f"cannot be parsed: {type(error).__name__}: {error}"[:_MOST_MESSAGE]
        return Broken(document.line_of(section), message, way_out(error, (section,)))


def _check_head(document: RuleDocument) -> Broken | None:
    """Refuse what pySigma stumbles over, or takes though nobody could call the rule by it."""
    title, given = document.data.get("title"), document.data.get("id")
    if isinstance(title, str) and not title.strip():
        return Broken(document.line_of("title"), "the title is empty", "write one")
    if given is None or isinstance(given, str):
        return None
    told = f"the id {str(given)[:99]!r} is no UUID"
    return Broken(document.line_of("id"), told, "write it as text")


def _rule(document: RuleDocument) -> Rule:
    data = document.data
    _check_log_source(data)
    detection = spell_section(data.get("detection"), "detection")
    parsed = SigmaRule.from_dict(dict(data, detection=detection), policy=POLICY)
    _check_taxonomy(parsed)
    if parsed.status is SigmaStatus.UNSUPPORTED:
        told = "the status says that the rule cannot be used in its current state"
        raise NotUnderstood(told, "status", way_out="mend the rule, and give it another status")
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
        meets=_meets(data),
        line=document.line,
    )


def _correlation(document: RuleDocument) -> Correlation:
    return correlation_of(document, _head_of_correlation)


def _head_of_correlation(parsed: SigmaRuleBase, data: dict[str, Any]) -> dict[str, Any]:
    _check_taxonomy(parsed)
    return _head(parsed, data)


def _filter(document: RuleDocument) -> Filter:
    data = document.data
    _check_log_source(data)
    section = spell_section(data.get("filter"), "filter")
    _check_named_rules(section.get("rules"))
    parsed = SigmaFilter.from_dict(dict(data, filter=section), policy=POLICY)
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
        "norms": _norms(data.get("references")),
    }


def _norms(references: Any) -> tuple[str, ...]:
    """Give the references that cite a norm of law, as a pack's basis does."""
    given = references if isinstance(references, list) else []
    return tuple(one for one in given if isinstance(one, str) and _NORM.fullmatch(one))


def _meets(data: dict[str, Any]) -> str:
    custom = data.get("custom")
    duty = custom.get("saqshy.meets", "") if isinstance(custom, dict) else ""
    if duty not in ("", *DUTIES):
        raise NotUnderstood(f"saqshy.meets is one of {DUTIES}", "custom", "saqshy.meets")
    return str(duty)


def _log_source(parsed: SigmaLogSource) -> tuple[str, str, str]:
    return (
        (parsed.product or "").lower(),
        (parsed.category or "").lower(),
        (parsed.service or "").lower(),
    )


def _check_log_source(data: dict[str, Any]) -> None:
    """Refuse what pySigma would read as an attribute that is not there: then more would match."""
    given = data.get("logsource")
    if not isinstance(given, dict):
        return
    for name in _LOG_SOURCE:
        value = given.get(name)
        if value is not None and not (isinstance(value, str) and value.strip()):
            told = f"the {name} {value!r} of the log source is no word"
            raise NotUnderstood(told, "logsource", name, way_out="write one, or leave it out")


def _check_named_rules(rules: Any) -> None:
    """Refuse an empty list of rules, which pySigma would read as all of them."""
    given = rules if isinstance(rules, list) else [rules]
    if rules is not None and not (given and all(isinstance(one, str) and one for one in given)):
        told = "the filter's rules are no list of ids or names"
        raise NotUnderstood(told, "filter", "rules", way_out="name rules, or write any")


def _check_taxonomy(parsed: SigmaRuleBase) -> None:
    if parsed.taxonomy not in TAXONOMIES:
        told = f"the taxonomy {parsed.taxonomy!r} is not known: use {TAXONOMIES}"
        raise NotUnderstood(told, "taxonomy")


def _predicate(detections: SigmaDetections) -> Predicate:
    parts = [predicate_of(condition.parsed) for condition in detections.parsed_condition]
    return parts[0] if len(parts) == 1 else Or(tuple(parts))
