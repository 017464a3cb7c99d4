"""The rules of one log source, ready to be asked about events of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
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
    Regex,
    SameAs,
    Text,
    leaves,
)
from pipeline.match.compiled import compiled
from pipeline.match.index import FieldIndex, RuleIndex, Signs, places_in
from pipeline.match.keywords import RawTest, raw_test
from pipeline.match.leaf import Test, leaf_test
from pipeline.match.price import price_by
from pipeline.match.regex import compile_regex, telling
from pipeline.match.view import View
from pipeline.match.wildcard import Shape, shape_of
from pipeline.match.witness import Clause, Price, Sign, clauses, refuting

_LEVELS = 4
_RARE = 0.01  # a rule that shows as rarely as this needs no further clause
_COMMON = 0.6  # a word that most texts hold costs more to find than its clause spares
_OFTEN = 0.05
_LEAST_WORD = 5
_MOST_WORDS = 4_000


@dataclass(slots=True)
class Cost:
    """How often a rule was asked about an event, and the seconds that it took."""

    asked: int = 0
    seconds: float = 0.0


Broken = list[tuple[int, Exception]]


class RuleTests(dict[int, Test]):
    """Each rule's test by its number, compiled when it is first asked for.

    With a ``timer`` what each costs is kept in ``costs``, by the rule's id.
    """

    def __init__(self, rules: Sequence[Rule], timer: Callable[[], float] | None = None) -> None:
        super().__init__()
        self._rules = rules
        self._timer = timer
        self.costs: dict[str, Cost] = {}

    def __missing__(self, number: int) -> Test:
        test = compiled(self._rules[number].predicate)
        if self._timer is not None:
            cost = self.costs[self._rules[number].id] = Cost()
            test = _timed(test, cost, self._timer)
        self[number] = test
        return test


def _timed(test: Test, cost: Cost, timer: Callable[[], float]) -> Test:
    def timed(view: View) -> bool:
        begin = timer()
        try:
            return test(view)
        finally:
            cost.asked += 1
            cost.seconds += timer() - begin

    return timed


@dataclass(frozen=True, slots=True)
class Engine:
    """Some rules, by their place in ``numbers``, and their index.

    ``reads`` are the fields that a verdict depends on where the route is given. ``keyworded`` has
    the bits of the rules that read keywords; ``may_show`` tells whether a raw record may hold a
    keyword of the index: None where the texts themselves must be asked.
    """

    numbers: tuple[int, ...]
    index: RuleIndex
    tests: Mapping[int, Test]
    reads: tuple[str, ...]
    keyworded: int
    may_show: RawTest | None

    def matches(self, candidates: int, view: View, broken: Broken) -> list[int]:
        """Give the numbers of the candidates that match, in order, and add those that broke."""
        found = []
        tests, numbers = self.tests, self.numbers
        for place in places_in(candidates):
            number = numbers[place]
            try:
                if tests[number](view):
                    found.append(number)
            except Exception as error:  # noqa: BLE001 (counted and told: never "no match")
                broken.append((number, error))
        return found


def build_engine(
    rules: Sequence[Rule],
    numbers: tuple[int, ...],
    tests: Mapping[int, Test],
    key: frozenset[str],
    *,
    portable: bool = False,
) -> Engine:
    """Index rules by their witnesses; fields of the route's key serve as none."""
    predicates = [rules[number].predicate for number in numbers]
    price = price_by(predicates)
    signs = [_signs(predicate, price, key) for predicate in predicates]
    index = RuleIndex(signs, _more_words(predicates), portable=portable)
    reads: dict[str, None] = {}
    keyworded = 0
    for place, predicate in enumerate(predicates):
        for leaf in leaves(predicate):
            if leaf.field is None:
                keyworded |= 1 << place
            elif not _decided(leaf, key):
                reads[leaf.field] = None
            if isinstance(leaf, SameAs):
                reads[leaf.other] = None
    keywords = index.fields.get(None)
    return Engine(
        numbers=numbers,
        index=index,
        tests=tests,
        reads=tuple(reads),
        keyworded=keyworded,
        may_show=_may_show(keywords, portable=portable),
    )


def _signs(predicate: Predicate, price: Price, key: frozenset[str]) -> Signs:
    """Choose clauses until the rule is rare; one that stays common also gives what refutes it."""
    chosen: list[Clause] = []
    rate = 1.0
    for clause in clauses(predicate, price, key):
        if chosen and (rate < _RARE or len(chosen) == _LEVELS):
            break
        sought = [price(witness) for witness in clause if witness.sign is Sign.HAS]
        if chosen and max(sought, default=0.0) > _COMMON:
            continue
        chosen.append(clause)
        rate *= min(1.0, sum(map(price, clause)))
    refuted = refuting(predicate) if rate > _OFTEN else ()
    return Signs(chosen, [witness for witness in refuted if witness.field not in key])


def _more_words(predicates: Sequence[Predicate]) -> dict[str | None, list[str]]:
    """Give the words that rules seek in each field: of a long text a scan answers all of them."""
    words: dict[str | None, dict[str, None]] = {}
    for predicate in predicates:
        for leaf in leaves(predicate):
            able = (word for word in _words_of(leaf) if len(word) >= _LEAST_WORD)
            words.setdefault(leaf.field, {}).update(dict.fromkeys(able))
    return {field: list(own) for field, own in words.items() if len(own) <= _MOST_WORDS}


def _words_of(leaf: Leaf) -> Iterator[str]:
    if isinstance(leaf, Text) and not leaf.cased:
        shape, text = shape_of(leaf.parts)
        if shape is Shape.CONTAINS:
            yield text
    elif isinstance(leaf, Regex):
        for need in telling(compile_regex(leaf.pattern, leaf.flags).needs):
            yield from need


def _may_show(keywords: FieldIndex | None, *, portable: bool) -> RawTest | None:
    words = None if keywords is None else keywords.words
    return None if words is None else raw_test(words, portable=portable)


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
