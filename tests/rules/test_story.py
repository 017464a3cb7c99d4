from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.content import Content, load_content
from pipeline.match import Matcher, load_taxonomy
from pipeline.model import Event, RawBatch
from pipeline.normalize import Normalizer, Profile
from pipeline.runtime.story import Step, expand, load_story

RULES = Path(__file__).parents[2] / "rules"
# What happens on any night, and what only correlations count.
ORDINARY = {"Failed SSH Password Logon"}


@cache
def content() -> Content:
    return load_content([RULES / "detection", RULES / "correlation"], None)


def batches(steps: list[Step]) -> Iterator[tuple[RawBatch, str]]:
    """Give one batch a sender and phase, as one source of one object would make it."""
    gathered: dict[tuple[str, str], list[Step]] = defaultdict(list)
    for step in steps:
        gathered[step.host, step.phase].append(step)
    for (host, phase), own in sorted(gathered.items()):
        at = max(step.at for step in own)
        records = tuple(step.payload for step in own)
        yield RawBatch(f"{host}-{phase}", "o", host, 1, 0, at, at, "auto", records), phase


@cache
def told() -> dict[str, dict[str, int]]:
    """Give how often each rule matches in each phase, by titles."""
    matcher = Matcher(content(), load_taxonomy(RULES / "taxonomies/sigma"), ())
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for event, phase in events():
        for match in matcher.match(event):
            counts[phase][content().rules[match.rule_id].title] += 1
    return counts


@cache
def events() -> tuple[tuple[Event, str], ...]:
    normalizer = Normalizer(lambda *_: Profile("auto", ZoneInfo("Asia/Almaty"), False, ()))
    found = []
    for batch, phase in batches(list(expand(load_story(RULES / "scenario/story.yml")))):
        normalized = normalizer(batch)
        assert normalized.failures == []
        found += [(event, phase) for event in normalized.events]
    return tuple(found)


def test_every_record_of_the_story_becomes_an_event_with_its_own_time() -> None:
    """Each record is read, and its time is the one that it bears, not the time of receipt."""
    steps = list(expand(load_story(RULES / "scenario/story.yml")))
    confidences = {event.time_confidence.value for event, _ in events()}
    assert len(events()) == len(steps)
    assert confidences == {"exact", "year_assumed"}
    assert {event.time // 10**9 for event, _ in events()} == {s.event_at // 10**9 for s in steps}


def test_background_noise_fires_nothing() -> None:
    """No rule fires on the background but those that only correlations count."""
    assert set(told()[""]) == ORDINARY


def test_every_rule_has_its_part_in_the_story() -> None:
    """Each detection rule of ours fires somewhere in the story.

    Reports are entered by people, indicators are of the operator's own feeds, and the law's own
    rules ask for borders that the story's objects do not have (their tests describe the objects).
    """
    fired = {title for titles in told().values() for title in titles}
    ours = [
        rule
        for rule in content().rules.values()
        if rule.service != "report"
        and rule.category != "threat_indicator"
        and Path(rule.file).parent.name != "law"
    ]
    assert {rule.title for rule in ours} - fired == set()


@pytest.mark.parametrize(
    ("phase", "title", "times"),
    [
        ("spraying", "Failed SSH Password Logon", 121),
        ("entry", "SSH Password Accepted From Outside", 1),
        ("entry", "Member Added to an Administrators Group", 1),
        ("web-shell", "Web Server Starts a Shell", 3),
        ("lateral", "Service Installed for Remote Execution", 2),
        ("lateral", "Microsoft Defender Protection Switched Off", 2),
        ("control-write", "Modbus Write From a Host That Only Reads", 17),
        ("control-write", "Controller Program Replaced Through the Gateway", 2),
        ("log-cleared", "Windows Event Log Cleared", 1),
        ("unlicensed", "Activation Tool for Unlicensed Software", 1),
        ("hosting", "Audit or System Log Stopped Through Sudo", 1),
        ("hosting", "Virtual Machine Switched Off on Its Host", 1),
        ("trial", "Sudo Refused", 2),
    ],
)
def test_a_phase_is_seen_as_often_as_it_happens(phase: str, title: str, times: int) -> None:
    """What a phase does is matched exactly as often as the story lets it happen."""
    assert told()[phase][title] == times
