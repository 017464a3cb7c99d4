"""Every rule of SigmaHQ as a rule of one product, and events made out of the rules' words.

So each event is asked about by all rules; what is compared are those of its own log source.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

from pipeline.content import load_content
from pipeline.match import Matcher, load_taxonomy
from pipeline.model import Failure, RawBatch
from tests.match.flat_events import LogSource
from tests.match.made_events import MARK, events_for
from tests.match.material import event
from tests.match.sigma_documents import OracleRule, read_rules
from tests.match.sigmahq import rule_files

Rules: TypeAlias = Mapping[str, OracleRule]
Fields: TypeAlias = Mapping[str, Any]
_LOG_SOURCE = re.compile(r"^logsource:\s*\n(?:[ \t]+.*\n|\s*\n)+", re.MULTILINE)
_SAME = "logsource:\n    product: plant\n"
_VOCABULARY = "taxonomy: generic\nsources: [{product: plant}]\n"


@dataclass(frozen=True, slots=True)
class MadeEvent:
    """An event made for the rules of one log source."""

    number: int
    raw: Mapping[str, Any]
    source: LogSource

    def is_of(self, source: LogSource) -> bool:
        """Tell whether it was made for such rules."""
        return source == self.source

    def fields_for(self, _source: LogSource) -> Mapping[str, Any]:
        """Give its fields: they have one name each."""
        return self.raw


def rules_of(sigmahq_folder: Path) -> Rules:
    """Read SigmaHQ's rules as the oracle does, but the two with a placeholder without values."""
    texts = (path.read_text(encoding="utf-8") for path in rule_files(sigmahq_folder))
    return read_rules(text for text in texts if "%known_cdcs%" not in text)


def make_events(
    rules: Rules, more: Sequence[tuple[LogSource, Fields]], seed: int, most: int
) -> list[MadeEvent]:
    """Make at most so many events for every rule, and others after them."""
    random = Random(seed)
    fields = [
        (rule.source, each)
        for rule in rules.values()
        for each in _some(list(events_for(rule, random)), random, most)
    ]
    return [
        MadeEvent(number, {**each, MARK: MARK}, source)
        for number, (source, each) in enumerate([*fields, *more])
    ]


def _some(events: list[Fields], random: Random, most: int) -> list[Fields]:
    return events[:1] + random.sample(events[1:], min(most - 1, len(events) - 1))


def write_rules(sigmahq_folder: Path, folder: Path) -> Path:
    """Write every rule with the one product in place of its log source."""
    written = folder / "rules"
    written.mkdir()
    for number, path in enumerate(rule_files(sigmahq_folder)):
        text, count = _LOG_SOURCE.subn(_SAME, path.read_text(encoding="utf-8"))
        assert count == 1, path
        (written / f"{number}.yml").write_text(text, encoding="utf-8")
    return written


def one_product(sigmahq_folder: Path, folder: Path) -> Matcher:
    """Load the rules so written, with a vocabulary in which a field has one name."""
    (folder / "generic.yml").write_text(_VOCABULARY, encoding="utf-8")
    content = load_content([write_rules(sigmahq_folder, folder)], None)
    return Matcher(content, load_taxonomy(folder))


def own_matches(matcher: Matcher, made: list[MadeEvent], rules: Rules) -> set[tuple[str, int]]:
    """Give our matches of the rules for which each event was made."""
    found: set[tuple[str, int]] = set()
    for at in range(0, len(made), 100):
        part = made[at : at + 100]
        records = tuple(json.dumps(each.raw).encode() for each in part)
        batch = RawBatch("batch", "object", "source", 1, 0, 5, 5, "json", records)
        events = [event(each.raw, index=index) for index, each in enumerate(part)]
        numbers = {each.id: number for number, each in enumerate(events, at)}
        failures: list[Failure] = []
        seen = matcher.observe(batch, events, failures)
        assert (failures, seen.dropped) == ([], 0)
        found.update((match.rule_id, numbers[match.event_id]) for match in seen.matches)
    return {(name, number) for name, number in found if rules[name].source == made[number].source}
