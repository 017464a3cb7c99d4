"""Enrichment through the real runtime: found by a rule, reloaded, refused, kept for what is old."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from pipeline.match import Matcher
from pipeline.model import Json, RawBatch
from pipeline.normalize import Normalizer, Profile
from pipeline.runtime.facts import Facts
from pipeline.runtime.knowledge import Cause
from pipeline.runtime.reloading import Ask
from tests.normalize.enrichment.made import event, mmdb
from tests.runtime.centre import AT, OUTSIDE, Centre, centre, entry, failures

HAND = Ask(Cause("duty_lead/a.serik", "command", "a feed"), id="c1")
LIST = "type,value,valid_from,valid_until,source,tlp\n"
SETTINGS = {"indicators": ["feeds"], "geo": []}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Centre]:
    """Give a system with one list of indicators."""
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds" / "ours.csv").write_text(LIST + f"ipv4,{OUTSIDE},,,KZ-CERT,TLP:GREEN\n")
    with centre(tmp_path, enrichment=SETTINGS) as made:
        yield made


def documents(here: Centre) -> list[Json]:
    ids = [event.id for outcome in here.outcomes for event in outcome.observed.events]
    kept = here.system.stores.events.get(ids)
    return [orjson.loads(kept[one]) for one in ids]


def met(here: Centre) -> list[bool]:
    return ["enrichments" in document.get("threat", {}) for document in documents(here)]


def test_an_indicator_makes_a_finding(here: Centre) -> None:
    """An event that meets an indicator says so, and the rule on indicators fires."""
    here.take([entry(40)])
    (document,) = documents(here)
    (told,) = document["threat"]["enrichments"]
    assert told["matched"] == {
        "field": "source.ip", "atomic": OUTSIDE, "type": "indicator_match",
    }  # fmt: skip
    titles = {one.rule.title for one in here.findings()}
    assert "Contact With An Address, Name Or URL Of A Threat Indicator" in titles


def test_an_event_names_what_made_it(here: Centre) -> None:
    """A kept event names the versions of normaliser and enrichment."""
    here.take([entry(40)])
    (document,) = documents(here)
    versions = document["saqshy"]["versions"]
    assert versions["enrichment"] == here.system.reloader.knowledge.enrichment.revision
    assert versions["normalizer"]


def test_an_event_says_whose_it_is(here: Centre) -> None:
    """The object's party, branch and standing stand in the event."""
    here.take([entry(40)])
    (document,) = documents(here)
    record = here.system.registry.object(document["saqshy"]["object_id"], AT)
    assert record is not None
    assert document["labels"]["object_code"] == record.code
    assert document["organization"]["id"] in here.system.registry.parties


def test_facts_are_those_of_the_events_time(here: Centre) -> None:
    """An event before the object was listed is not of a critical object; one after it is."""
    registry = here.system.registry
    record = next(one for one in registry.objects() if one.critical and one.critical.listed_at)
    assert record.critical is not None
    assert record.critical.listed_at is not None
    facts = Facts(registry, lambda _object, _at: record)
    around = (record.critical.listed_at - 1, record.critical.listed_at)
    told = []
    for at in (*around, *around):
        one = event({"labels": {"theirs": "x"}}, at, record.id)
        facts([one])
        assert one.ecs["labels"]["theirs"] == "x"
        told.append(one.ecs["labels"].get("critical"))
    assert told == [None, "true", None, "true"]


def test_a_changed_list_comes_into_force_between_two_batches(here: Centre) -> None:
    """What is watched is reloaded without a restart; what was journalled before runs as it was."""
    old = here.system.reloader.knowledge.revisions
    here.journal([entry(40)])
    here.edit("feeds/ours.csv", lambda text: text.replace(OUTSIDE, "203.0.113.99"))
    assert here.system.reloader.look() is None
    done = here.system.reloader.look()
    assert done is not None
    assert done.outcome == "in_force"
    here.journal([entry(41)])
    here.drain()
    assert met(here) == [True, False]
    assert here.system.reloader.knowledge.revisions.content != old.content


@pytest.mark.parametrize(
    ("name", "data"),
    [("feeds/ours.csv", b"nothing"), ("feeds/more.json", b"{"), ("feeds/ours.csv", b"")],
    ids=["no list", "no JSON", "empty"],
)
def test_a_broken_file_leaves_the_old_in_force(here: Centre, name: str, data: bytes) -> None:
    """A data file that does not read is refused with an alarm that names it."""
    (here.folder / name).write_bytes(data)
    assert here.system.reloader.reload(HAND).outcome == "refused"
    assert Path(name).name in here.system.reloader.alarm
    here.take([entry(40)])
    assert met(here) == [True]


def test_a_journalled_batch_keeps_its_indicators_over_a_restart(tmp_path: Path) -> None:
    """What was stamped before a kill is enriched by the files of its day, which the store has."""
    (tmp_path / "feeds").mkdir()
    path = tmp_path / "feeds" / "ours.csv"
    path.write_text(LIST + f"ipv4,{OUTSIDE},,,KZ-CERT,\n")
    with centre(tmp_path, enrichment=SETTINGS) as before:
        before.journal([entry(40)])
    path.write_text(LIST)
    with centre(tmp_path, enrichment=SETTINGS) as after:
        after.journal([entry(41)])
        after.drain()
        assert met(after) == [True, False]


def test_a_geo_file_is_replaced_without_a_restart(tmp_path: Path) -> None:
    """A file that is renamed over the old one is in force from the next reload on."""
    with centre(tmp_path, enrichment={"geo": []}) as without:
        assert "geo" not in {*without.system.reloader.knowledge.enrichment.files}
    path = mmdb(tmp_path / "city.mmdb", {"2.72.0.0/16": {"country": {"iso_code": "KZ"}}})
    with centre(tmp_path, enrichment={"geo": ["city.mmdb"]}) as here:
        here.take([entry(40, "2.72.1.1")])
        new = mmdb(tmp_path / "new.mmdb", {"2.72.0.0/16": {"country": {"iso_code": "UZ"}}})
        new.replace(path)
        assert here.system.reloader.reload(HAND).outcome == "in_force"
        here.take([entry(41, "2.72.1.1")])
        codes = [one["source"]["geo"]["country_iso_code"] for one in documents(here)]
        assert codes == ["KZ", "UZ"]


def test_switched_off_nothing_is_added(tmp_path: Path) -> None:
    """With every switch off events are as the format gave them, and the stamp is the rules'."""
    off = {"registry": False, "user_agent": False, "domains": False}
    with centre(tmp_path, enrichment=off) as here:
        here.take(failures(40, 2))
        assert here.system.reloader.knowledge.enrichment.revision == ""
        for document in documents(here):
            assert not document.keys() & {"organization", "labels", "threat"}
            assert "enrichment" not in document["saqshy"]["versions"]


WINDOWS = {
    "EventID": 3,
    "Channel": "Microsoft-Windows-Sysmon/Operational",
    "Provider_Name": "Microsoft-Windows-Sysmon",
    "Computer": "ws01.example.kz",
    "UtcTime": "2026-03-02 10:00:00.000",
    "Image": "C:\\a.exe",
    "Protocol": "tcp",
    "SourceIp": "10.0.0.5",
    "DestinationIp": OUTSIDE,
    "DestinationPort": 443,
}


@pytest.mark.parametrize("form", ["auto", "ecs"])
def test_events_of_every_vocabulary_are_asked(here: Centre, form: str) -> None:
    """The rule on indicators is asked about Windows' own records and ECS documents alike."""
    ecs = {
        "ecs": {"version": "9.5.0"},
        "event": {"kind": "event", "category": ["network"], "type": ["connection"]},
        "destination": {"ip": OUTSIDE},
    }
    record = orjson.dumps(WINDOWS if form == "auto" else ecs)
    knowledge = here.system.reloader.knowledge
    normalizer = Normalizer(lambda _object, _source: Profile(form), knowledge.enrichment)
    batch = RawBatch("b", "o", "s", 1, 0, AT, AT, form, (record,))
    (made,) = normalizer(batch).events
    found = Matcher(knowledge.content, knowledge.taxonomy).match(made)
    names = [knowledge.content.rules[one.rule_id].name for one in found]
    assert "indicator_contacted" in names
    assert made.taxonomy == ("windows" if form == "auto" else "ecs")


def test_a_folder_is_followed_from_where_it_stood(tmp_path: Path) -> None:
    """A listener of kind folder journals new files, and goes on behind them after a restart."""
    drop = tmp_path / "drop"
    drop.mkdir()
    listener = {
        "name": "drop",
        "kind": "folder",
        "path": "drop",
        "pattern": "*.log",
        "follow": True,
    }
    (drop / "a.log").write_bytes(entry(40) + b"\n")
    taken: list[bytes] = []
    for minute in (41, 42):
        with centre(tmp_path, listeners=[listener]) as made:
            source = made.system.sources["drop"]
            tail = made.system.stores.journal.tail("drop", "", "")
            source.open(tail.resume if tail else "")
            for _ in range(3):
                delivery = source.poll(10, 0.0)
                if delivery is not None:
                    made.system.collector.take(delivery)
                    taken += delivery.records
            source.close()
        (drop / f"{minute}.log").write_bytes(entry(minute) + b"\n")
    assert taken == [entry(40), entry(41)]
