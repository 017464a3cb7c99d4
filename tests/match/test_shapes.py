"""One activity, many shapes: the same rules fire, whoever shipped the event."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.content import Content
from pipeline.match import Matcher
from pipeline.normalize import read_records
from tests.match.activities_cloud import CLOUD
from tests.match.activities_hosts import LINUX, WINDOWS
from tests.match.activities_network import NETWORK
from tests.match.activity import Activity
from tests.match.material import taxonomy
from tests.match.windows_activities import ENGINE, WINDOWS_ACTIVITIES
from tests.match.windows_renderings import (
    RENDERINGS,
    SYSMON,
    as_fluent_bit,
    as_snare,
    as_sysmon_module,
    described,
)
from tests.normalize.reading import event_of

ACTIVITIES = [*WINDOWS, *LINUX, *NETWORK, *CLOUD]


@pytest.fixture(scope="module")
def every_rule(sigmahq: Content) -> Matcher:
    """All rules of SigmaHQ."""
    return Matcher(sigmahq, taxonomy())


def fired(matcher: Matcher, record: bytes) -> set[str]:
    return {match.rule_id for match in matcher.match(event_of(record))}


def real_records(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give the first event of each of SigmaHQ's regression files."""
    for path in sorted(folder.rglob("*.evtx")):
        for framed in read_records(path, "evtx"):
            yield path.parent.name, framed.data
            break


def renderings(event: dict[str, Any]) -> dict[str, bytes]:
    """Give an event in every shape that it can come in."""
    shapes = dict(RENDERINGS)
    if event["system"]["Provider"] == SYSMON:
        shapes["Sysmon module"] = as_sysmon_module
        shapes["Fluent Bit"] = as_fluent_bit
        shapes["Snare"] = as_snare
    return {shape: render(event) for shape, render in shapes.items()}


def test_real_windows_events(every_rule: Matcher, cases_folder: Path) -> None:
    """SigmaHQ's regression events fire the same rules in every shape that shippers give them."""
    different, seen = [], 0
    for name, record in real_records(cases_folder):
        wanted = fired(every_rule, record)
        seen += bool(wanted)
        event = described(record)
        for shape, rendered in renderings(event).items():
            found = fired(every_rule, rendered)
            if found != wanted:
                titles = sorted(every_rule.content.rules[one].title for one in found ^ wanted)
                different.append((name, shape, titles))
    assert seen > 80
    assert different == []


@pytest.mark.parametrize("title", WINDOWS_ACTIVITIES)
def test_a_windows_activity_fires_the_same_in_every_shape(every_rule: Matcher, title: str) -> None:
    """The same rules fire on a Windows event, whoever shipped it, the expected one among them."""
    rules = every_rule.content.rules
    found = {
        shape: sorted(rules[one].title for one in fired(every_rule, record))
        for shape, record in renderings(WINDOWS_ACTIVITIES[title]).items()
    }
    first = found["windows_event"]
    assert found == dict.fromkeys(found, first)
    assert title in first


def moved(title: str, *names: str, **given: Any) -> bytes:
    """Render a Windows activity as Winlogbeat 8 does, with some data elsewhere."""
    document = orjson.loads(RENDERINGS["winlogbeat_7"](WINDOWS_ACTIVITIES[title]))
    for name in names:
        del document["winlog"]["event_data"][name]
    return orjson.dumps({**document, **given})


SCRIPT = "Potential Invoke-Mimikatz PowerShell Script"
HISTORY = "Clear PowerShell History - PowerShell Module"
DOWNGRADE = "PowerShell Downgrade Attack - PowerShell"
PARTED = {
    "Winlogbeat's PowerShell module, 4104": (
        SCRIPT,
        moved(
            SCRIPT,
            "ScriptBlockText",
            powershell={"file": {"script_block_text": "sekurlsa::logonpasswords"}},
        ),
    ),
    "Winlogbeat's PowerShell module, 4103": (
        HISTORY,
        moved(
            HISTORY,
            "Payload",
            "ContextInfo",
            message="Remove-Item (Get-PSReadlineOption).HistorySavePath",
        ),
    ),
    "NXLog, 400, rendered only": (
        DOWNGRADE,
        orjson.dumps(
            {
                "EventID": 400,
                "Channel": "Windows PowerShell",
                "SourceName": "PowerShell",
                "Hostname": "ws07.example",
                "Message": f"Engine state is changed. Details:{ENGINE}",
            }
        ),
    ),
}


@pytest.mark.parametrize(("title", "record"), PARTED.values(), ids=PARTED)
def test_what_a_shipper_took_apart_is_found(every_rule: Matcher, title: str, record: bytes) -> None:
    """A rule fires where a shipper keeps a value under another name or in the message only."""
    rules = every_rule.content.rules
    assert title in {rules[one].title for one in fired(every_rule, record)}


@pytest.mark.parametrize("activity", ACTIVITIES, ids=lambda activity: activity.name)
def test_an_activity_fires_the_same_in_every_shape(every_rule: Matcher, activity: Activity) -> None:
    """The same rules of SigmaHQ fire on an activity, whichever shape it comes in."""
    rules = every_rule.content.rules
    found = {
        shape: {rules[one].title for one in fired(every_rule, record)} - activity.apart.keys()
        for shape, record in activity.shapes.items()
    }
    first = next(iter(found.values()))
    assert {shape: sorted(titles) for shape, titles in found.items()} == {
        shape: sorted(first) for shape in found
    }
    assert set(activity.fires) <= first
