"""From pySigma's condition tree to our predicate: the one place that knows pySigma's value types.

Decisions where the specification leaves a choice: a keyword is found anywhere in a value, so it
is read as ``contains``; a number or a truth value as keyword is its text.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.types import (
    Placeholder,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaStringPartType,
    SigmaTimestampPart,
    SpecialChars,
)

from pipeline.content.items import CASED_REFERENCE
from pipeline.content.linear_regex import linear_regex
from pipeline.content.predicate import (
    ANY,
    ONE,
    And,
    Cidr,
    Compare,
    DatePart,
    Exists,
    Not,
    Null,
    Number,
    Or,
    Predicate,
    Regex,
    SameAs,
    Text,
)
from pipeline.content.refusal import NotUnderstood
from pipeline.content.regex_syntax import NotPortable
from pipeline.content.variants import Variants

_SPECIAL = {SpecialChars.WILDCARD_MULTI: ANY, SpecialChars.WILDCARD_SINGLE: ONE}
_REGEX_CHARS = {SpecialChars.WILDCARD_MULTI: "*", SpecialChars.WILDCARD_SINGLE: "?"}
_MOST_WHOLE = 2**63
_COMPARISONS = ("LT", "LTE", "GT", "GTE")
__all__ = ["NotUnderstood", "predicate_of"]


def predicate_of(condition: Any) -> Predicate:
    """Translate a condition as pySigma gives it after parsing; NotUnderstood where we cannot."""
    if isinstance(condition, ConditionAND):
        return And(tuple(predicate_of(item) for item in condition.args))
    if isinstance(condition, ConditionOR):
        return Or(tuple(predicate_of(item) for item in condition.args))
    if isinstance(condition, ConditionNOT):
        return Not(predicate_of(condition.args[0]))
    if isinstance(condition, ConditionFieldEqualsValueExpression):
        return _value(condition.field, condition.value)
    if isinstance(condition, ConditionValueExpression):
        return _value(None, condition.value)
    raise NotUnderstood(f"the condition holds a part that we do not know: {condition!r}")


def _value(field: str | None, value: Any) -> Predicate:
    if isinstance(value, SigmaExpansion):
        return Or(tuple(_value(field, item) for item in value.values))
    if field is None and type(value) not in _KEYWORD_TYPES:
        raise NotUnderstood(f"a keyword cannot be a {type(value).__name__}")
    translate = _VALUES.get(type(value))
    if translate is None:
        raise NotUnderstood(f"values of type {type(value).__name__} are not known")
    return translate(field, value)


def _text(field: str | None, value: SigmaString) -> Predicate:
    written = value.original
    if not isinstance(written, Variants):
        return _pattern(field, value.s, cased=isinstance(value, SigmaCasedString))
    cased = written.chain.has("cased")
    patterns = [_pattern(field, text, cased=cased) for text in written.texts()]
    return patterns[0] if len(patterns) == 1 else Or(tuple(patterns))


def _pattern(field: str | None, given: Sequence[SigmaStringPartType], *, cased: bool) -> Text:
    parts: list[str | int] = []
    for part in given:
        if isinstance(part, Placeholder):
            raise NotUnderstood(f"the placeholder %{part.name}% has no value: replace it by values")
        if isinstance(part, SpecialChars):
            if parts[-1:] == [ANY] and _SPECIAL[part] == ANY:
                continue  # two ANY in a row are one
            parts.append(_SPECIAL[part])
        elif part:
            text = part if cased else part.casefold()
            if parts and isinstance(parts[-1], str):
                parts[-1] += text
            else:
                parts.append(text)
    if field is None:
        parts = [*([ANY] if parts[:1] != [ANY] else []), *parts]
        parts = [*parts, *([ANY] if parts[-1:] != [ANY] else [])]
    return Text(field, tuple(parts), cased)


def _number(field: str | None, value: SigmaNumber) -> Predicate:
    if field is None:
        return Text(None, (ANY, str(value.number), ANY))
    return Number(field, value.number)


def _boolean(field: str | None, value: SigmaBool) -> Predicate:
    text = "true" if value.boolean else "false"
    return Text(field, (text,) if field is not None else (ANY, text, ANY))


def _regex(field: str | None, value: SigmaRegularExpression) -> Predicate:
    # Taken from the parts: str() of the value would put backslashes before escaped wildcards.
    parts = []
    for part in value.regexp.s:
        if isinstance(part, Placeholder):
            raise NotUnderstood(f"the placeholder %{part.name}% has no value: replace it by values")
        parts.append(_REGEX_CHARS[part] if isinstance(part, SpecialChars) else part)
    flags = "".join(sorted(value.sigma_to_re_flag[flag] for flag in value.flags))
    pattern = "".join(parts)
    try:
        linear_regex(pattern, flags)
    except NotPortable as error:
        told = f"the regular expression {pattern[:99]!r} cannot be run: {error}"
        raise NotUnderstood(told, way_out="write it without, or as several selections") from error
    return Regex(field, pattern, flags)


def _compare(field: str, value: SigmaCompareExpression) -> Predicate:
    if value.op.name not in _COMPARISONS:
        raise NotUnderstood(f"the comparison {value.op.name} is not known")
    if isinstance(value.number, SigmaTimestampPart):
        part = _date_part(field, value.number)
        return replace(part, operator=value.op.name.lower())
    return Compare(field, value.op.name.lower(), _json_able(value.number.number))


def _json_able(number: float) -> int | float:
    """Give a whole number beyond 64 bits as the float that it equals: the cache holds no other."""
    return float(number) if abs(number) >= _MOST_WHOLE else number


def _same_as(field: str, value: SigmaFieldReference) -> Predicate:
    hows = {
        (False, False): "equal",
        (True, False): "startswith",
        (False, True): "endswith",
        (True, True): "contains",
    }
    other = value.field.removeprefix(CASED_REFERENCE)
    how = hows[value.starts_with, value.ends_with]
    return SameAs(field, other, how, cased=other != value.field)


def _date_part(field: str, value: SigmaTimestampPart) -> DatePart:
    return DatePart(field, value.timestamp_part.name.lower(), int(value.number))


_VALUES: dict[type, Callable[[Any, Any], Predicate]] = {
    SigmaString: _text,
    SigmaCasedString: _text,
    SigmaNumber: _number,
    SigmaBool: _boolean,
    SigmaNull: lambda field, _: Null(field),
    SigmaExists: lambda field, value: Exists(field, value.exists),
    SigmaRegularExpression: _regex,
    SigmaCIDRExpression: lambda field, value: Cidr(field, str(value.network)),
    SigmaCompareExpression: _compare,
    SigmaFieldReference: _same_as,
    SigmaTimestampPart: _date_part,
}
_KEYWORD_TYPES = {
    SigmaString,
    SigmaCasedString,
    SigmaNumber,
    SigmaBool,
    SigmaRegularExpression,
    SigmaCIDRExpression,
}
