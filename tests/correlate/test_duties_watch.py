"""The watch over duties: what is late or absent is found by ticks, and amended when it is met."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.correlate import ROW_TYPES, Correlator, Evidence, SourceTiming
from pipeline.correlate.duties_watch import DUTY_DETECTORS, Owed
from pipeline.model import (
    ENDING,
    NANOSECONDS,
    BatchKind,
    Finding,
    Labels,
    Match,
    Observation,
    Revisions,
)
from pipeline.model.rows import Rows
from tests.correlate.made import content_with, rule

S = NANOSECONDS
MINUTE, HOUR = 60 * S, 3600 * S
BASE = 1_772_424_000 * S
BACKUP = Owed("saqshy.missed-backup", due=BASE + HOUR, period=2 * HOUR, meets="backup")
DECLARED = Owed("saqshy.one-factor")


class Object:
    """One object, whose state is read from its bytes before each step."""

    def __init__(self, *owed: Owed, silence: int | None = None) -> None:
        self.owed: Sequence[Owed] = owed
        done = replace(rule("done"), meets="backup")
        self.stage = Correlator(
            content_with([done, rule("r1")], []),
            Evidence(
                labels=lambda rule_id: Labels(reason=rule_id),
                timing=lambda *_: SourceTiming(MINUTE, silence),
                expected=lambda *_: ("log",) if silence else (),
                trial=lambda *_: False,
            ),
            HOUR,
            owed=lambda _object, _at: self.owed,
        )
        self.stored: dict[str, bytes] = {}
        self.sequence = 0

    def _step(self, seen: Observation) -> list[Finding]:
        state = Rows("o", ROW_TYPES, self.stored)
        found = self.stage.step(state, seen)
        for key, data in state.changes().items():
            if data is None:
                self.stored.pop(key, None)
            else:
                self.stored[key] = data
        return [one for one in found if one.rule.id in DUTY_DETECTORS]

    def tick(self, at: int, source: str = "clock") -> list[Finding]:
        """Let one tick come."""
        return self._step(Observation("tick", BatchKind.CLOCK, "o", source, 1, 0, at, Revisions()))

    def listen(self, until: int, since: int = BASE) -> list[Finding]:
        """Let ticks come every five minutes."""
        steps = range(since, until + 1, 5 * MINUTE)
        return [found for at in steps for found in self.tick(at)]

    def batch(self, *matches: Match, at: int = BASE, source: str = "log") -> list[Finding]:
        """Let one batch of a source come."""
        self.sequence += 1
        times = [match.time for match in matches] or [at]
        seen = Observation(
            f"b{self.sequence}", BatchKind.RAW, "o", source, self.sequence, self.sequence - 1,
            max(at, *times), Revisions(), event_count=len(matches), first_event_at=min(times),
            last_event_at=max(times), matches=matches,
        )  # fmt: skip
        return self._step(seen)


def done(at: int) -> Match:
    return Match("done", f"e{at}", at, "host", {})


def test_a_backup_that_is_late_is_found_once_and_ends_with_the_next() -> None:
    """One finding from the term on, amended when a backup program tells of a copy."""
    here = Object(BACKUP)
    assert here.listen(BASE + 55 * MINUTE) == []
    (found,) = here.listen(BASE + 2 * HOUR, BASE + HOUR)
    assert (found.rule.id, found.revision) == ("saqshy.missed-backup", 1)
    assert found.fields == {"ended": False, "due": "2026-03-02T05:00:00Z"}
    assert found.first_event_at == BASE + HOUR
    assert here.batch(done(BASE + 2 * HOUR)) == []
    (ended,) = here.tick(BASE + 2 * HOUR + 5 * MINUTE)
    assert (ended.id, ended.revision, ended.fields["ended"]) == (found.id, 2, True)
    assert here.listen(BASE + 3 * HOUR, BASE + 2 * HOUR + 10 * MINUTE) == []


def test_a_copy_gives_a_whole_term_from_its_own_time() -> None:
    """What an event shows counts by the event's time, and not by that of its receipt."""
    here = Object(BACKUP)
    here.batch(done(BASE + 30 * MINUTE), done(BASE + 10 * MINUTE), at=BASE + 40 * MINUTE)
    assert here.listen(BASE + 145 * MINUTE) == []
    (found,) = here.listen(BASE + 3 * HOUR, BASE + 150 * MINUTE)
    assert found.fields["due"] == "2026-03-02T06:30:00Z"


def test_what_shows_a_duty_met_is_no_finding() -> None:
    """A rule that meets a duty says nothing by itself; another rule does."""
    here = Object()
    assert not here.stage.content.speaks_alone("done")
    assert here.stage.content.speaks_alone("r1")


def test_nothing_is_found_where_nobody_listened() -> None:
    """The first tick and one after ten minutes of deafness find nothing: records may wait."""
    here = Object(DECLARED)
    assert here.tick(BASE) == []
    assert here.tick(BASE + 11 * MINUTE) == []
    assert len(here.tick(BASE + 16 * MINUTE)) == 1


def test_the_end_of_a_replay_finds_nothing() -> None:
    """Where files end nobody was waited for."""
    here = Object(BACKUP, DECLARED)
    here.batch(at=BASE)
    assert here.tick(BASE + 9 * HOUR, ENDING) == []


def test_what_the_registry_says_itself_ends_when_it_says_otherwise() -> None:
    """A declared breach is found once, and ends with the record that no longer has it."""
    here = Object(DECLARED)
    (found,) = here.listen(BASE + 20 * MINUTE)
    assert found.rule.title == "Restricted personal data ask for one factor"
    assert found.labels.reason == "saqshy.one-factor"
    here.owed = ()
    (ended,) = here.tick(BASE + 25 * MINUTE)
    assert (ended.id, ended.fields) == (found.id, {"ended": True})
    here.owed = (DECLARED,)
    (again,) = here.tick(BASE + 30 * MINUTE)
    assert again.id != found.id


def test_an_access_log_is_missing_while_its_source_is_silent() -> None:
    """The source's own silence decides, so planned work and deafness count as there."""
    here = Object(Owed("saqshy.missing-access-log", "log", source="log"), silence=20 * MINUTE)
    here.batch(at=BASE)
    assert here.listen(BASE + 20 * MINUTE) == []
    (found,) = here.listen(BASE + 40 * MINUTE, BASE + 25 * MINUTE)
    assert found.group == {"subject": "log"}
    here.batch(at=BASE + 41 * MINUTE)
    (ended,) = here.tick(BASE + 45 * MINUTE)
    assert ended.fields["ended"] is True


def test_each_subject_has_a_finding_of_its_own() -> None:
    """Two domains without certificate are two findings, told in one order."""
    names = ("b.kz", "a.kz")
    here = Object(*(Owed("saqshy.domain-certificate", name) for name in names))
    found = here.listen(BASE + 10 * MINUTE)
    assert [one.group["subject"] for one in found] == ["a.kz", "b.kz"]


def test_an_object_that_owes_nothing_keeps_no_row() -> None:
    """Ticks of an object without duties cost no state."""
    here = Object()
    here.listen(BASE + HOUR)
    assert not [key for key in here.stored if '"duty"' in key or '"met"' in key]
