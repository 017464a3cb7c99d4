"""Rules that fail at run time are counted by their ids."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.content import Content
from pipeline.content.predicate import Cidr, Regex
from pipeline.match import Matcher
from pipeline.match.matcher import MatchError
from pipeline.model import Failure
from pipeline.notify import Channels, Composer, read_texts
from pipeline.runtime.configuration import default_settings
from pipeline.runtime.knowledge import read_knowledge
from pipeline.runtime.stages import Stages
from pipeline.runtime.telemetry import OTHER, Silent
from tests.match.material import batch, content_of, event, rule_text, taxonomy

RULE = "00000000-0000-4000-8000-000000000001"


def broken() -> Content:
    """Give a rule whose test cannot be made: what loading would have refused."""
    content = content_of(rule_text({"selection": {"a": "x"}, "condition": "selection"}))
    rule = replace(content.rules[RULE], predicate=Regex("a", "(", ""))
    return replace(content, rules={RULE: rule})


def test_failing_rules_are_counted_and_told() -> None:
    """Each event that a rule fails on counts once for it, and becomes a failure."""
    errors: Counter[str] = Counter()
    matcher = Matcher(broken(), taxonomy(), rule_errors=errors)
    failures: list[Failure] = []
    matcher.observe(batch(), [event({"a": "x"}), event({"a": "x"})], failures)
    assert len(failures) == 2
    assert sum(errors.values()) == 2
    assert set(errors) <= {RULE, "*"}


def test_without_an_error_nothing_is_counted() -> None:
    """A rule that matches is no error."""
    errors: Counter[str] = Counter()
    content = content_of(rule_text({"selection": {"a": "x"}, "condition": "selection"}))
    matcher = Matcher(content, taxonomy(), rule_errors=errors)
    assert [match.rule_id for match in matcher.match(event({"a": "X"}))] == [RULE]
    assert not errors


def test_match_raises_for_a_rule_that_fails() -> None:
    """The strict way raises, and counts as well."""
    errors: Counter[str] = Counter()
    with pytest.raises(MatchError):
        Matcher(broken(), taxonomy(), rule_errors=errors).match(event({"a": "x"}))
    assert sum(errors.values()) == 1


def test_a_chain_tells_the_telemetry(tmp_path: Path) -> None:
    """What a rule failed on in a batch is counted under the rule's id, and only once."""
    text = rule_text(
        {"selection": {"EventID": 1}, "condition": "selection"}, logsource={"product": "windows"}
    )
    content = content_of(text)
    rule = replace(content.rules[RULE], predicate=Cidr("EventID", "nonsense"))
    settings = default_settings()
    cache = settings.content.model_copy(update={"cache": tmp_path})
    known = read_knowledge(settings.model_copy(update={"content": cache}))
    known = replace(known, content=replace(content, rules={RULE: rule}))
    telemetry = Silent()
    stages = Stages("normal", 1, Composer("centre", read_texts()), Channels({}), telemetry)
    chain = stages(known, known.revisions)
    record = b'{"EventID": 1, "Channel": "System", "Computer": "a"}'
    for number in (1, 2):
        observed = chain.observe(replace(batch(), id=str(number), format="auto", records=(record,)))
        assert len(observed.failures) == 1
    counted = [telemetry.value("saqshy_rule_errors_total", label) for label in (RULE, OTHER)]
    assert sum(counted) == 2
