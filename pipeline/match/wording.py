"""Tests of a rule in the words of Sigma, for people."""

from pipeline.content.predicate import (
    ANY,
    Cidr,
    Compare,
    DatePart,
    Exists,
    Leaf,
    Null,
    Number,
    Regex,
    SameAs,
    Text,
)

KEYWORD = "any value of the event"


def leaf_words(leaf: Leaf) -> str:
    """Write one test as a rule would: field, modifiers, value; case is folded as it is compared."""
    modifiers, value = _words(leaf)
    return f"{leaf.field or KEYWORD}{modifiers}: {value}"


def _words(leaf: Leaf) -> tuple[str, str]:
    words: tuple[str, str]
    match leaf:
        case Text():
            words = "|cased" if leaf.cased else "", _pattern(leaf)
        case Number():
            words = "", str(leaf.number)
        case Null():
            words = "", "null"
        case Exists():
            words = "|exists", "true" if leaf.present else "false"
        case Regex():
            words = "".join(f"|{part}" for part in ("re", *leaf.flags)), leaf.pattern
        case Cidr():
            words = "|cidr", leaf.network
        case Compare():
            words = f"|{leaf.operator}", str(leaf.number)
        case SameAs():
            how = "" if leaf.how == "equal" else f"|{leaf.how}"
            words = f"|fieldref{how}{'|cased' if leaf.cased else ''}", leaf.other
        case DatePart():
            compared = "" if leaf.operator == "eq" else f"|{leaf.operator}"
            words = f"|{leaf.unit}{compared}", str(leaf.number)
    return words


def _pattern(leaf: Text) -> str:
    if not leaf.parts:
        return "''"
    return "".join(
        part.replace("*", "\\*").replace("?", "\\?")
        if isinstance(part, str)
        else ("*" if part == ANY else "?")
        for part in leaf.parts
    )
