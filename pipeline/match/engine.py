"""The rules of one log source, ready to be asked about events of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.content import Rule
from pipeline.content.predicate import (
    And,
    Compare,
    Leaf,
    Not,
    Null,
    Number,
    Or,
    Predicate,
    Text,
)
from pipeline.match.compiled import compiled
from pipeline.match.index import RuleIndex
from pipeline.match.leaf import Test, leaf_test
from pipeline.match.price import price_by
from pipeline.match.view import View
from pipeline.match.witness import witnesses


class RuleTests(dict[int, Test]):
    """Each rule's test by its number, compiled when it is first asked for."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        super().__init__()
        self._rules = rules

    def __missing__(self, number: int) -> Test:
        test = self[number] = compiled(self._rules[number].predicate)
        return test


@dataclass(frozen=True, slots=True)
class Engine:
    """Some rules by number, their index, and where to look for their fields."""

    index: RuleIndex
    tests: Mapping[int, Test]

    def matches(self, view: View, failed: Callable[[int, Exception], None]) -> list[int]:
        """Give the numbers of the rules that match, in their order; errors go to ``failed``."""
        found = []
        for number in sorted(self.index.candidates(view)):
            try:
                if self.tests[number](view):
                    found.append(number)
            except Exception as error:  # noqa: BLE001 (counted and told: never "no match")
                failed(number, error)
        return found


def build_engine(
    rules: Sequence[Rule], numbers: Sequence[int], tests: Mapping[int, Test], key: frozenset[str]
) -> Engine:
    """Index rules by their witnesses; fields of the route's key serve as none."""
    price = price_by(rules[number].predicate for number in numbers)
    signs = {number: witnesses(rules[number].predicate, price, key) for number in numbers}
    return Engine(RuleIndex(signs), tests)


def possible(predicate: Predicate, view: View, key: frozenset[str]) -> bool:
    """Tell whether a rule can match an event whose key fields are this view's."""
    return _outcome(predicate, view, key) is not False


def _outcome(predicate: Predicate, view: View, key: frozenset[str]) -> bool | None:
    """Evaluate what the key fields decide; None where other fields must be asked."""
    if isinstance(predicate, Not):
        inner = _outcome(predicate.item, view, key)
        return None if inner is None else not inner
    if isinstance(predicate, And | Or):
        deciding = isinstance(predicate, Or)
        outcomes = {_outcome(item, view, key) for item in predicate.items}
        if deciding in outcomes:
            return deciding
        return None if None in outcomes else not deciding
    return leaf_test(predicate)(view) if _decided(predicate, key) else None


def _decided(leaf: Leaf, key: frozenset[str]) -> bool:
    """Tell whether a leaf depends on the folded texts of a key field and on nothing else."""
    if leaf.field not in key:
        return False
    return isinstance(leaf, Number | Null | Compare) or (isinstance(leaf, Text) and not leaf.cased)
