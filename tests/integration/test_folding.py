"""How far findings of real event streams fold, and that the phases of an attack stay apart."""

import tarfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipeline.model import NANOSECONDS, Finding, Incident, IncidentState, Notice, Tri, instant
from pipeline.ports import Stores
from pipeline.runtime.bootstrap import offline
from pipeline.runtime.configuration import bundled
from pipeline.runtime.replaying import end_replay, replay_file
from pipeline.settings import Settings

DATA = Path(__file__).parents[3] / "shared" / "data"
AT = instant("2026-11-01T00:00:00Z")
REACH = 24 * 3600 * NANOSECONDS  # rules/law/kz/readings.yml: folding, join_within
INSIDE = "duty_officer"
# A rule as people write it in a hurry: one process looks at another, which all of them do.
TOO_BROAD = """
title: A process was opened by another
id: 3b9f6a51-6f5e-4a52-9b0f-0d7a8a2f7c11
status: test
logsource: {product: windows, category: process_access}
detection:
  selection: {TargetImage|endswith: .exe}
  condition: selection
level: medium
"""
Record = Callable[[str, object], None]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not on this machine"),
]


@dataclass(frozen=True, repr=False)
class Kept:
    """What a replay left: each incident's history, every finding that one names, the notices."""

    histories: list[list[Incident]]
    notices: list[Notice]
    alerts: int
    findings: dict[str, Finding] = field(default_factory=dict)

    @property
    def incidents(self) -> list[Incident]:
        """Give each incident that was not merged into another as it stands."""
        latest = (history[-1] for history in self.histories)
        return [one for one in latest if one.state is not IncidentState.MERGED]

    def of(self, incident: Incident) -> list[Finding]:
        """Give the findings that an incident names."""
        return [self.findings[name] for name in incident.finding_ids]


def kept(stores: Stores) -> Kept:
    """Read what a replay left in a store."""
    latest = list(stores.incidents.latest())
    found: dict[str, Finding] = {}
    for incident in latest:
        for name in incident.finding_ids:
            finding = stores.incidents.finding(name)
            assert finding is not None
            found[name] = finding
    histories = [list(stores.incidents.history(one.id)) for one in latest]
    alerts = sum(one.event_count for one in latest if one.state is not IncidentState.MERGED)
    return Kept(histories, list(stores.outbox.list()), alerts, found)


def replayed(folder: Path, rules: Path, names: list[tuple[str, str]]) -> Kept:
    """Replay (data file, object) pairs under rules, in their order."""
    settings = Settings.model_validate(
        {
            "registry": [str(bundled("objects"))],
            "content": {"paths": [str(rules)], "cache": str(folder.parent / "cache")},
            "law": {"pack": str(bundled("law") / "kz")},
        }
    )
    with offline(settings, folder / "replay.db") as system:
        for name, object_id in names:
            replay_file(system, DATA / name, object_id, "auto", AT, lambda _done: None)
        end_replay(system, AT)
        return kept(system.stores)


def told(record: Record, found: Kept) -> None:
    """Report how far a stream folded."""
    outside = [one for one in found.notices if one.recipient.role != INSIDE]
    firsts = [one for one in found.notices if one.kind == "first"]
    record("alerts", found.alerts)
    record("findings", sum(one.finding_count for one in found.incidents))
    record("incidents and candidates", len(found.incidents))
    record("notices", f"{len(found.notices)} ({len(firsts)} first, {len(outside)} outside)")
    record("alerts a notice", round(found.alerts / len(found.notices), 1))


@pytest.fixture(scope="module")
def sigmahq(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack SigmaHQ's rules."""
    folder = tmp_path_factory.mktemp("sigmahq")
    with tarfile.open(DATA / "sigmahq-rules.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="module")
def attacks(tmp_path_factory: pytest.TempPathFactory, sigmahq: Path) -> Kept:
    """Replay the attack samples for a bank, and once more for a power plant."""
    names = [("evtx-cc0.tar.xz", "kz-bank"), ("evtx-cc0.tar.xz", "kz-energy-tec")]
    return replayed(tmp_path_factory.mktemp("attacks"), sigmahq, names)


@pytest.mark.proof
def test_a_natural_mix_folds(tmp_path: Path, sigmahq: Path, record_property: Record) -> None:
    """Of 40,000 real events under every rule of SigmaHQ, people are told a few times."""
    found = replayed(tmp_path, sigmahq, [("otrf-natural-40k.ndjson.xz", "kz-bank")])
    told(record_property, found)
    assert found.alerts > 400
    assert found.alerts > 10 * len(found.notices)
    assert sum(one.finding_count for one in found.incidents) > 3 * len(found.incidents)


def test_a_flood_of_false_positives_folds(tmp_path: Path, record_property: Record) -> None:
    """A rule that is far too broad fires on thousands of real events, and pages a few times."""
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "too_broad.yml").write_text(TOO_BROAD, encoding="utf-8")
    found = replayed(tmp_path, rules, [("otrf-natural-40k.ndjson.xz", "kz-bank")])
    told(record_property, found)
    assert found.alerts > 10_000
    assert found.alerts > 500 * len(found.notices)
    days = {one.first_event_at // REACH for one in found.incidents}
    assert len(found.incidents) <= len(days)
    assert {one.recipient.role for one in found.notices} == {INSIDE}


def family(finding: Finding) -> frozenset[str]:
    """Give the acts that a finding shows, or, where it shows none, those it may."""
    acts = finding.labels.acts.items()
    shown = frozenset(name for name, answer in acts if answer is Tri.YES)
    return shown or frozenset(name for name, answer in acts if answer is Tri.UNKNOWN)


def test_phases_of_attacks_stay_apart(attacks: Kept, record_property: Record) -> None:
    """An incident holds one object's findings, of one family of acts, none a day from the rest."""
    told(record_property, attacks)
    by_day: dict[tuple[str, int], set[str]] = defaultdict(set)
    for incident in attacks.incidents:
        findings = sorted(attacks.of(incident), key=lambda one: one.first_event_at)
        assert {one.object_id for one in findings} == {incident.object_id}
        reached = findings[0].last_event_at
        for one in findings:
            assert one.first_event_at <= reached + REACH
            reached = max(reached, one.last_event_at)
            by_day[one.object_id, one.first_event_at // REACH].add(incident.fold_key)
        if incident.fold_key == "other":
            assert not any(map(family, findings))
        else:
            assert all(map(family, findings))
    several = [keys for keys in by_day.values() if len(keys) > 1]
    record_property("days with several phases", len(several))
    assert len(several) > 10
    assert {"access", "integrity", "other"} in several


def test_each_step_of_an_attack_stands_with_its_own_act(attacks: Kept) -> None:
    """No act and no technique of a step is lost in an incident, and each new act is a revision."""
    for history in attacks.histories:
        last = history[-1]
        if last.state is IncidentState.MERGED:
            continue
        findings = attacks.of(last)
        assert set(last.assessment.attack) >= {
            name for one in findings for name in one.labels.attack
        }
        before: set[str] = set()
        for revision in history:
            acts = {name for name, answer in revision.assessment.acts.items() if answer is Tri.YES}
            assert before <= acts, "a step that was told is not folded away by the next one"
            before = acts
        named = {name for one in findings for name, it in one.labels.acts.items() if it is Tri.YES}
        assert bool(named) <= (last.fold_key != "other")


def test_a_repeat_is_no_second_notice(attacks: Kept) -> None:
    """Whoever was told hears again only of another severity, another act, or an ending."""
    for history in attacks.histories:
        changes = 0
        for previous, now in zip([None, *history], history, strict=False):
            if previous is None:
                continue
            changes += (previous.state, previous.assessment.severity, previous.assessment.acts) != (
                now.state,
                now.assessment.severity,
                now.assessment.acts,
            )
        by_recipient: dict[str, int] = defaultdict(int)
        for notice in attacks.notices:
            if notice.incident_id == history[-1].id:
                by_recipient[f"{notice.recipient.role}:{notice.recipient.party_id}"] += 1
        assert max(by_recipient.values(), default=0) <= 1 + changes


def test_two_objects_under_one_attack_are_two_incidents(attacks: Kept) -> None:
    """The same steps at a bank and at a power plant fold alike, and never together."""
    by_object: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    for one in attacks.incidents:
        by_object[one.object_id].append((one.fold_key, one.first_event_at, one.event_count))
    assert sorted(by_object["kz-bank"]) == sorted(by_object["kz-energy-tec"])
    assert len({one.id for one in attacks.incidents}) == len(attacks.incidents)
