"""From pySigma's condition tree to our predicate: the one place that knows pySigma's value types.

Decisions where the specification leaves a choice: a keyword is found anywhere in a value, so it
is read as ``contains``; an empty list asks for no value, as pySigma reads it; a number as keyword
is its text.
"""

from collections.abc import Callable
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
    SigmaTimestampPart,
    SpecialChars,
)

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

_SPECIAL = {SpecialChars.WILDCARD_MULTI: ANY, SpecialChars.WILDCARD_SINGLE: ONE}
_REGEX_CHARS = {SpecialChars.WILDCARD_MULTI: "*", SpecialChars.WILDCARD_SINGLE: "?"}
_COMPARISONS = ("LT", "LTE", "GT", "GTE")


class NotUnderstood(ValueError):
    """A rule asks for something that we would not match as it is meant.

    ``place`` is where in the document, where that is known.
    """

    def __init__(self, message: str, *place: str) -> None:
        self.place = place
        super().__init__(message)


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
    cased = isinstance(value, SigmaCasedString)
    parts: list[str | int] = []
    for part in value.s:
        if isinstance(part, Placeholder):
            raise NotUnderstood(f"the placeholder %{part.name}% has no value: replace it by values")
        if isinstance(part, SpecialChars):
            if parts[-1:] == [ANY] and _SPECIAL[part] == ANY:
                continue  # two ANY in a row are one
            parts.append(_SPECIAL[part])
        elif part:
            parts.append(part if cased else part.casefold())
    if field is None:
        parts = [*([ANY] if parts[:1] != [ANY] else []), *parts]
        parts = [*parts, *([ANY] if parts[-1:] != [ANY] else [])]
    return Text(field, tuple(parts), cased)


def _number(field: str | None, value: SigmaNumber) -> Predicate:
    if field is None:
        return Text(None, (ANY, str(value.number), ANY))
    return Number(field, value.number)


def _boolean(field: str | None, value: SigmaBool) -> Predicate:
    return Text(field, ("true" if value.boolean else "false",))


def _regex(field: str | None, value: SigmaRegularExpression) -> Predicate:
    # Taken from the parts: str() of the value would put backslashes before escaped wildcards.
    parts = []
    for part in value.regexp.s:
        if isinstance(part, Placeholder):
            raise NotUnderstood(f"the placeholder %{part.name}% has no value: replace it by values")
        parts.append(_REGEX_CHARS[part] if isinstance(part, SpecialChars) else part)
    flags = "".join(sorted(value.sigma_to_re_flag[flag] for flag in value.flags))
    return Regex(field, "".join(parts), flags)


def _compare(field: str, value: SigmaCompareExpression) -> Predicate:
    if value.op.name not in _COMPARISONS:
        raise NotUnderstood(f"the comparison {value.op.name} is not known")
    return Compare(field, value.op.name.lower(), value.number.number)


def _same_as(field: str, value: SigmaFieldReference) -> Predicate:
    hows = {
        (False, False): "equal",
        (True, False): "startswith",
        (False, True): "endswith",
        (True, True): "contains",
    }
    return SameAs(field, value.field, hows[value.starts_with, value.ends_with])


def _date_part(field: str, value: SigmaTimestampPart) -> Predicate:
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
