"""The matcher against the naive reading of the YAML, on rules and events made up at random."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.content import Content
from pipeline.lookalikes import undisguised
from pipeline.match import Matcher, Taxonomy, load_taxonomy
from tests.match.made_rules import Maker
from tests.match.material import content_of, event, observed
from tests.match.sigma_documents import OracleRule, read_rules

RECORD = {"Channel": "Plant", "EventID": 77}
VOCABULARY = "taxonomy: {}\nsources: [{{product: plant}}]\n"


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Taxonomy:
    """Make vocabularies in which every event is of the product of the made rules."""
    folder = tmp_path_factory.mktemp("plant")
    for name in ("generic", "windows"):
        (folder / f"{name}.yml").write_text(VOCABULARY.format(name))
    return load_taxonomy(folder)


def engines(content: Content, plant: Taxonomy) -> Iterator[Matcher]:
    """Give the matcher, and the one on portable automata."""
    yield Matcher(content, plant)
    yield Matcher(content, plant, portable=True)


def readable(value: Any) -> Any:
    """Give what a JSON value is to a reader of UTF-8: halves of surrogate pairs are a ``?``."""
    if isinstance(value, dict):
        return {readable(name): readable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return list(map(readable, value))
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def wanted(rules: Mapping[str, OracleRule], events: Iterable[Any]) -> set[tuple[str, int]]:
    return {
        (name, number)
        for number, each in enumerate(events)
        for name, rule in rules.items()
        if rule.matches(each)
    }


def check(random: Random, plant: Taxonomy, rules: int, events: int) -> int:
    """Hold made rules against the oracle on made events, decoded and raw; count the matches.

    Raw records are normalised, and asked about with look-alike letters folded too.
    """
    maker = Maker(random)
    texts = maker.files(rules)
    content = content_of(*texts)
    assert content.quarantined == ()
    read = read_rules(texts)
    assert read.keys() == content.rules.keys()
    decoded = [maker.event() for _ in range(events)]
    records = [maker.raw({**RECORD, **each}) for each in decoded]
    by_hand = wanted(read, decoded)
    documents = [readable(json.loads(record)) for record in records]
    by_bytes = wanted(read, documents) | wanted(read, map(undisguised, documents))
    for matcher in engines(content, plant):
        found = {
            (match.rule_id, number)
            for number, each in enumerate(decoded)
            for match in matcher.match(event(each, of="windows"))
        }
        assert told(found ^ by_hand, read, decoded) == []
        found = observed(matcher, list(enumerate(records)))
        assert told(found ^ by_bytes, read, records) == []
    return len(by_hand)


def told(
    different: set[tuple[str, int]], rules: Mapping[str, OracleRule], events: Sequence[Any]
) -> list[Any]:
    """Write a difference so that it can be tried by hand."""
    return [(rules[name], events[number]) for name, number in sorted(different)]


few = given(random=st.randoms(use_true_random=False), rules=st.integers(1, 4))
many = given(seed=st.integers(0, 2**32 - 1), rules=st.integers(100, 160))


@few
def test_made_rules(plant: Taxonomy, random: Random, rules: int) -> None:
    """A few made rules give the oracle's verdicts on made events, decoded and as raw JSON."""
    check(random, plant, rules, 4)


@settings(max_examples=5)  # one takes half a second
@many
def test_many_made_rules(plant: Taxonomy, seed: int, rules: int) -> None:
    """So many made rules that automata are needed give the oracle's verdicts as well."""
    assert check(Random(seed), plant, rules, 24) > 0


@pytest.mark.proof
@few
def test_thousands_of_made_rules(plant: Taxonomy, random: Random, rules: int) -> None:
    """Five thousand contents of few rules give the oracle's verdicts."""
    check(random, plant, rules, 4)


@pytest.mark.proof
@settings(max_examples=500)
@many
def test_thousands_of_many_made_rules(plant: Taxonomy, seed: int, rules: int) -> None:
    """Five hundred contents of more than a hundred rules give the oracle's verdicts."""
    assert check(Random(seed), plant, rules, 24) > 0
