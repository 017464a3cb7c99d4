"""The statistics of the bundled story's store, against hand counts and a plain recount."""

from collections import Counter
from collections.abc import Iterator

import orjson
import pytest

from pipeline.incidents.statistics import Coverage, Group, Period, Reason, Statistics, month
from pipeline.model import NANOSECONDS, IncidentState, Tri, as_document, instant
from pipeline.registry import ObjectRecord, Party
from pipeline.registry.moments import zone_named
from pipeline.runtime.archive import Archive
from pipeline.runtime.cli.statistics_words import Words
from pipeline.runtime.figures import Figures
from pipeline.settings import Settings
from tests.runtime.centre import Centre
from tests.runtime.stories import told

MARCH = month("2026-03", zone_named("Asia/Almaty"), "Asia/Almaty")
LATER = instant("2026-04-02T00:00:00Z")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with told(tmp_path_factory.mktemp("story")) as centre:
        yield centre


def figures(made: Centre, at: int = LATER, *, past: bool = False) -> Figures:
    return Figures(Archive(made.system.stores, at, past), Settings(registry=()))


def report(made: Centre, at: int = LATER, period: Period = MARCH) -> Statistics:
    return figures(made, at).report(period)


def group(found: Statistics, *, trial: bool = False) -> Group:
    (one,) = (one for one in found.groups if one.trial is trial)
    return one


def row(found: Statistics, by: str, name: str) -> Coverage:
    (one,) = (one for one in found.coverage if (one.by, one.name) == (by, name))
    return one


def test_the_storys_incidents_by_hand(made: Centre) -> None:
    """Two at the plant; one each at bank, portal, akimat, data centre and register."""
    regular = group(report(made))
    counts = regular.verdicts["incident"]
    assert regular.regime == "normal"
    assert counts.total == 7
    assert counts.by["sector"] == {
        "banking": 1, "communications": 1, "e_government": 1, "electricity": 2, "unknown": 2,
    }  # fmt: skip
    classes = counts.by["object_class"]
    assert {name: classes[name] for name in ("critical", "e_government", "financial")} == {
        "critical": 2, "e_government": 1, "financial": 1,
    }  # fmt: skip
    assert counts.by["reach"]["region"] == 3


def test_trial_operation_stands_apart(made: Centre) -> None:
    """The transport system's incident is in the group of trial operation alone."""
    trial = group(report(made), trial=True)
    assert trial.verdicts["incident"].by["sector"] == {"transport": 1}
    assert "transport" not in group(report(made)).verdicts["incident"].by["sector"]


def test_a_plain_recount_of_the_store_agrees(made: Centre) -> None:
    """Verdicts, severities and acts are those that a loop over the store gives."""
    found = report(made)
    severities: Counter[str] = Counter()
    acts: Counter[str] = Counter()
    candidates = 0
    for one in made.system.stores.incidents.latest():
        if one.trial:
            continue
        if one.state is IncidentState.CANDIDATE:
            candidates += one.assessment.is_incident is Tri.UNKNOWN
            continue
        severities[one.assessment.severity] += 1
        acts.update(act for act, holds in one.assessment.acts.items() if holds is Tri.YES)
    counts = group(found).verdicts["incident"]
    assert counts.by["severity"] == severities
    assert {name: n for name, n in counts.by["act"].items() if name != "unknown"} == acts
    assert group(found).verdicts["candidate"].total == candidates


def test_own_duties_and_the_clocks_of_others(made: Centre) -> None:
    """Every incident was told to holder and coordination centre; the holder's clocks run beside."""
    regular = group(report(made))
    owed = {legs.role: legs.owed for legs in regular.notices if legs.leg == "first"}
    assert (owed["ncc"], owed["holder"], owed["sectoral_centre"]) == (7, 7, 1)
    for legs in regular.notices:
        assert legs.owed == legs.on_time + legs.late + legs.missed + legs.waiting + legs.held
    clocks = {clock.term: (clock.running, clock.due, clock.missing) for clock in regular.clocks}
    assert clocks["holder.critical.at_once"] == (2, 2, "")
    assert clocks["holder.critical.limit"] == (2, 0, "monitoring_rules")


def test_coverage_of_the_example_registry(made: Centre) -> None:
    """Nine objects are registered and eight attested; each of the twelve branches has a row."""
    found = report(made)
    whole = row(found, "all", "")
    assert (whole.objects, whole.attested, whole.critical, whole.critical_ncc) == (9, 8, 1, 1)
    assert sum(one.by == "sector" for one in found.coverage) >= 12
    plant = row(found, "sector", "electricity")
    assert (plant.objects, plant.connected, plant.heard, plant.sources) == (1, 1, 1, 3)
    assert (plant.sources_heard, plant.sources_unknown) == (3, 0)
    assert row(found, "sector", "industry").heard == 0
    assert row(found, "sector", "heat").objects == 0


def test_the_period_is_partial_for_what_the_store_lacks(made: Centre) -> None:
    """The centre's records begin on the second of March, and half a month is not over."""
    assert [part.reason for part in report(made).partial] == [Reason.RECORDING_BEGAN]
    reasons = {part.reason for part in report(made, MARCH.end - NANOSECONDS).partial}
    assert reasons == {Reason.RECORDING_BEGAN, Reason.PERIOD_NOT_OVER}


def test_a_report_of_the_past_is_that_of_then(made: Centre) -> None:
    """Made twice, and made from the audit trail, the report of one instant has the same bytes."""
    once = as_document(figures(made, LATER).report(MARCH))
    past = as_document(figures(made, LATER, past=True).report(MARCH))
    assert orjson.dumps(once) == orjson.dumps(past)
    middle = min(one.changed_at for one in made.system.stores.incidents.latest()) + NANOSECONDS
    early = figures(made, middle, past=True).report(MARCH)
    assert sum(counts.total for one in early.groups for counts in one.verdicts.values()) < 8


def test_what_is_published_names_nobody_and_nothing_withheld(made: Centre) -> None:
    """Of the story's few incidents no cell is public but the total, without the marked register."""
    own = figures(made)
    words = Words(own.archive.pack, LATER)
    written = own.published(MARCH, words)
    assert orjson.loads(written["incidents.json"])[0] == {
        "regime": "normal", "dimension": "total", "value": "total", "count": 6,
    }  # fmt: skip
    assert all(one["count"] >= 5 for one in orjson.loads(written["incidents.json"]))
    held = b"".join(written.values()).lower()
    registry = own.archive.registry
    texts = {text for party in registry.parties for text in _names(registry.party(party))}
    for record in registry.objects():
        texts |= {record.id, record.code, *_names(record)}
        texts |= {host for source in record.sources for host in source.match.hosts}
    assert len(texts) > 50
    assert [text for text in texts if text.lower().encode() in held] == []
    assert own.published(MARCH, words) == written


def test_every_code_that_may_be_public_has_words_in_three_languages(made: Centre) -> None:
    """No code of a public table stands for itself in Kazakh or Russian."""
    own = figures(made)
    words = Words(own.archive.pack, LATER)
    for dimension, codes in own.vocabulary().items():
        for code in codes:
            for language in ("kk", "ru"):
                assert words(language, dimension, code) != code, (language, dimension, code)


def _names(one: ObjectRecord | Party | None) -> set[str]:
    names = one.names if one is not None else None
    return {names.kk, names.ru, names.en} - {""} if names is not None else set()
