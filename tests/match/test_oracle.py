"""The matcher against a naive reading of the YAML: real events, and rules and events made up."""

from collections.abc import Iterator, Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.content import Content, Rule
from pipeline.match import Matcher
from pipeline.match.routes import LogSource, labels_of, route_key
from pipeline.match.view import Plans, View
from pipeline.model import Event, Json, RawBatch
from pipeline.normalize import Normalizer, Profile
from tests.match.material import content_of, event, rule_text, taxonomy
from tests.match.sigma_oracle import oracle_matches
from tests.match.sigmahq import NATURAL, PROCESS, lines_of


def events_of(name: str, every: int) -> Iterator[Event]:
    records = tuple(lines_of(name, every))
    normalize = Normalizer(lambda _object, _source: Profile("auto", UTC))
    yield from normalize(RawBatch("b", "o", "s", 1, 0, 2**62, 2**62, "auto", records)).events


class Reading:
    """What the oracle needs beside a rule: which rules speak of an event, under which names."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.vocabulary = taxonomy().of("windows")
        self.plans = Plans(self.vocabulary.fields, self.vocabulary.within)
        self.sections: dict[str, Json] = {}
        for rule in content.rules.values():
            text = Path(rule.file).read_text(encoding="utf-8")
            self.sections[rule.id] = yaml.load(text, Loader=yaml.CSafeLoader)["detection"]

    def matching(self, each: Event) -> set[str]:
        """Give the ids of the rules that match by the oracle."""
        key = route_key(self.vocabulary, View(self.plans, each.native, each.ecs))
        labels = labels_of(self.vocabulary, key)
        found = set()
        for rule in self.content.rules.values():
            source = LogSource(rule.product, rule.category, rule.service)
            if labels.cover(source):
                names = labels.names.get(labels.own_names(source), {})
                flat = self.flat(each, rule, names)
                if oracle_matches(self.sections[rule.id], flat):
                    found.add(rule.id)
        return found

    def flat(self, each: Event, rule: Rule, names: Mapping[str, tuple[str, ...]]) -> Json:
        """Give the native fields under the names that a rule's log source has for them."""
        message = each.ecs.get("message")
        flat = dict(each.native) if message is None else {"message": message, **each.native}
        for field in rule.fields:
            for other in names.get(field) or self.vocabulary.fields.get(field, ()):
                if other in each.native:
                    flat[field] = each.native[other]
                    break
        return flat


@pytest.mark.parametrize(("name", "every"), [(NATURAL, 900), (PROCESS, 130)])
def test_real_events(sigmahq: Content, name: str, every: int) -> None:
    """Every rule of SigmaHQ gives the oracle's verdict on a sample of real events."""
    matcher, reading = Matcher(sigmahq, taxonomy()), Reading(sigmahq)
    events = list(events_of(name, every))
    assert len(events) > 40
    different = []
    for each in events:
        wanted = reading.matching(each)
        found = {match.rule_id for match in matcher.match(each)}
        different += [(each.index, sigmahq.rules[rule].title) for rule in sorted(wanted ^ found)]
    assert different == []


FIELDS = ("A", "B", "C")
ALPHABET = "aB1қ.\\*?/- "
words = st.text(alphabet=ALPHABET, max_size=5)
rule_values = st.one_of(words, words, st.integers(-3, 30), st.sampled_from([0.5, 1.0, True, None]))
event_values = st.one_of(
    st.text(alphabet="aAbB1қҚ.\\*/- \n", max_size=8),
    st.integers(-3, 30),
    st.sampled_from([0.5, 1.0, True, False, None, "", "10.0.0.1", "1"]),
    st.lists(st.one_of(st.text(alphabet="aB1", max_size=3), st.integers(0, 9)), max_size=3),
)
text_modifiers = st.sampled_from(
    ["contains", "startswith", "endswith", "contains|all", "cased", "contains|cased", "neq",
     "contains|windash", "base64|contains", "base64offset|contains", "startswith|neq", "all"]
)  # fmt: skip


def named(modifiers: Any, values: Any) -> Any:
    """Make a selection's item of a field with modifiers and a value."""
    keys = st.tuples(st.sampled_from(FIELDS), modifiers).map("|".join)
    return st.dictionaries(keys, values, min_size=1, max_size=1)


plain = st.one_of(rule_values, st.lists(rule_values, max_size=4))
items = st.one_of(
    st.dictionaries(st.sampled_from(FIELDS), plain, min_size=1, max_size=1),
    named(text_modifiers, st.one_of(words, st.lists(words, min_size=1, max_size=4))),
    named(
        st.sampled_from(["gt", "gte", "lt", "lte"]),
        st.one_of(st.integers(-3, 12), st.sampled_from([0.5, 1.5])),
    ),
    named(st.just("exists"), st.booleans()),
    named(
        st.sampled_from(
            ["fieldref", "fieldref|contains", "fieldref|startswith", "fieldref|endswith"]
        ),
        st.sampled_from(FIELDS),
    ),
    named(
        st.sampled_from(["re", "re|i", "re|s", "re|m"]),
        st.sampled_from(["a", "^a", "B$", "[a-z]+1", "қ|1", r"\d", "(a|b)+", "."]),
    ),
    named(st.just("cidr"), st.sampled_from(["10.0.0.0/8", "11.0.0.0/8"])),
)
selections = st.one_of(
    st.lists(items, min_size=1, max_size=3).map(
        lambda parts: {key: value for part in parts for key, value in part.items()}
    ),
    st.lists(items, min_size=1, max_size=3),
    st.lists(st.text(alphabet="aB1қ*", min_size=1, max_size=3), min_size=1, max_size=2),
)
conditions = st.recursive(
    st.sampled_from(["s1", "s2", "x1", "1 of s*", "all of s*", "1 of them", "all of them"]),
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            "({0[0]}) {0[1]} ({0[2]})".format
        ),
    ),
    max_leaves=5,
)
events = st.dictionaries(st.sampled_from(FIELDS), event_values, max_size=3)


@given(
    parts=st.tuples(selections, selections, selections),
    condition=conditions,
    natives=st.lists(events, min_size=1, max_size=4),
)
def test_made_up_rules(
    parts: tuple[Any, Any, Any], condition: str, natives: list[dict[str, Any]]
) -> None:
    """A rule made of any selections and condition gives the oracle's verdict on any event."""
    detection = {**dict(zip(("s1", "s2", "x1"), parts, strict=True)), "condition": condition}
    content = content_of(rule_text(detection))
    assume(not content.quarantined)
    matcher = Matcher(content, taxonomy())
    for native in natives:
        whole = {"Z": "z", **native}  # an event without any field of its own has no keywords
        assert bool(matcher.match(event(whole))) == oracle_matches(detection, whole)
