"""What a rule needs of an event, and rules that nothing can match."""

import pytest

from pipeline.content.predicate import And, Exists, Not, Null, Number, Or, Predicate, Regex, Text
from pipeline.match.necessary import needed_leaves, never_matches

A, B, C = (Text(name, ("x",)) for name in "abc")

NEEDED = [
    ("a test", A, (A,)),
    ("and: the fewest", And((Or((A, B)), C)), (C,)),
    ("and: the first of equals", And((A, B)), (A,)),
    ("or: each", Or((A, B)), (A, B)),
    ("or with a part that needs nothing", Or((A, Not(B))), None),
    ("not", Not(A), None),
    ("not not", Not(Not(A)), (A,)),
    ("null", Null("a"), None),
    ("not null", Not(Null("a")), (Exists("a", present=True),)),
    ("neither of two", Not(Or((A, Null("b")))), (Exists("b", present=True),)),
    ("absent", Exists("a", present=False), None),
    ("a keyword", Text(None, (0, "x", 0)), (Text(None, (0, "x", 0)),)),
    ("a keyword of anything", Text(None, (0,)), None),
    ("a regex of anything as keyword", Regex(None, ".*"), None),
    ("a regex of something as keyword", Regex(None, "X+", "i"), (Regex(None, "X+", "i"),)),
    ("nothing can match", Or(()), ()),
    ("everything matches", And(()), None),
]


@pytest.mark.parametrize(
    ("predicate", "wanted"), [row[1:] for row in NEEDED], ids=[row[0] for row in NEEDED]
)
def test_needed_leaves(predicate: Predicate, wanted: tuple[Predicate, ...] | None) -> None:
    """Every event that matches passes one of the needed leaves, where there are such."""
    assert needed_leaves(predicate) == wanted


NEVER = [
    ("of nothing", Or(()), "alternative of nothing"),
    ("of two that cannot", Or((Or(()), And((A, Not(A))))), "alternative of nothing"),
    ("a part and its contrary", And((A, B, Not(A))), "its contrary"),
    ("deep inside", And((B, And((A, And((C, Not(A))))))), "its contrary"),
    ("no value and a value", And((Null("a"), Number("a", 1))), "for no value and for a value"),
    ("nothing is left", Not(And(())), "excludes everything"),
    ("one way is left", Or((A, Or(()))), ""),
    ("a value and another field's absence", And((A, Null("b"))), ""),
    ("excluding a part", And((A, Not(B))), ""),
]


@pytest.mark.parametrize(
    ("predicate", "told"), [row[1:] for row in NEVER], ids=[row[0] for row in NEVER]
)
def test_never_matches(predicate: Predicate, told: str) -> None:
    """A rule that nothing can match is told with its reason."""
    found = never_matches(predicate)
    assert told in found
    assert bool(found) == bool(told)
