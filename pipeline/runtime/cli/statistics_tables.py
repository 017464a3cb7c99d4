"""The statistics as tables for people, in one language."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pipeline.incidents.statistics import Counts, Group, Spread, Statistics
from pipeline.model import Instant
from pipeline.runtime.cli.output import to_the_second
from pipeline.runtime.cli.statistics_words import Words
from pipeline.runtime.compliance import ObjectCompliance, SectorCompliance

Table: TypeAlias = tuple[str, Sequence[str], Sequence[Sequence[str]]]  # title, columns, rows
_FEW = 10
_NOTHING = ""


@dataclass(frozen=True, slots=True)
class Tables:
    """Writes tables in a language; a dash is what nothing is known of."""

    words: Words
    language: str

    def report(self, report: Statistics) -> Iterator[Table]:
        """Give the tables of a report."""
        title = self._line(
            "title", period=report.period, zone=report.zone, at=to_the_second(report.known_at)
        )
        yield (
            title,
            (self._line("partial"), *self._columns("since", "until", "objects")),
            [
                (
                    self._word("reason", part.reason.value),
                    to_the_second(part.since),
                    to_the_second(part.until),
                    _some(part.objects),
                )
                for part in report.partial
            ],
        )
        for group in report.groups:
            yield from self._group(group)
        yield self._coverage(report)

    def notes(self, report: Statistics) -> Iterator[str]:
        """Give what is to be said beside the tables."""
        if not report.groups:
            yield self._line("nothing")
        own = report.at_once
        yield self._line("at_once", seconds=f"{own.seconds:g}", author=own.author, since=own.since)

    def objects(self, objects: Sequence[ObjectCompliance], at: Instant) -> Iterator[Table]:
        """Give the tables of compliance."""
        columns = self._columns("object", "branch", "attestation", "ncc", "overdue", "next")
        yield (
            self._line("compliance", at=to_the_second(at)),
            columns,
            [
                (
                    _named(one),
                    self._word("sector", one.sector),
                    self._word("attestation", one.attestation),
                    self._word("link", one.ncc),
                    str(one.overdue),
                    _instant(one.next_due_at),
                )
                for one in objects
            ],
        )
        columns = self._columns("object", "duty", "state", "due_at", "days", "met_at", "basis")
        yield (
            self._line("countdowns"),
            columns,
            [
                (
                    _named(one),
                    self._duty(countdown.duty),
                    self._word("duty_state", countdown.state),
                    _instant(countdown.due_at),
                    "-" if countdown.days_left is None else str(countdown.days_left),
                    _instant(countdown.met_at),
                    f"{countdown.basis} ({self._word('set_by', countdown.set_by)})",
                )
                for one in objects
                for countdown in one.countdowns
            ],
        )

    def sectors(self, sectors: Sequence[SectorCompliance]) -> Table:
        """Give the table of branches."""
        columns = self._columns("branch", "objects", "behind", "duty", "state", "count")
        return (
            self._line("sectors"),
            columns,
            [
                (
                    self._word("sector", one.sector),
                    str(one.objects),
                    str(one.behind),
                    self._duty(duty),
                    self._word("duty_state", state),
                    str(count),
                )
                for one in sectors
                for duty, states in one.states.items()
                for state, count in states.items()
            ],
        )

    def _group(self, group: Group) -> Iterator[Table]:
        trial = self._line("trial") if group.trial else _NOTHING
        regime = self._word("regime", group.regime)
        yield (
            self._line("group", regime=regime, trial=trial),
            self._columns("what", "count"),
            [
                (self._word("verdict", name), str(counts.total))
                for name, counts in group.verdicts.items()
            ],
        )
        found = group.verdicts.get("incident", Counts())
        if found.total:
            columns = self._columns("dimension", "value", "count")
            yield self._line("counts"), columns, list(self._counts(found))
            yield self._times(group)
        if group.notices:
            yield self._notices(group)
        if group.clocks:
            yield self._clocks(group)

    def _counts(self, counts: Counts) -> Iterator[tuple[str, ...]]:
        for dimension, values in counts.by.items():
            for value, count in values.items():
                yield self._word("dimension", dimension), self._word(dimension, value), str(count)

    def _times(self, group: Group) -> Table:
        columns = (
            *self._columns("measure", "known", "unknown", "open"),
            self._word("column", "median"), "p90", "p95",
            *self._columns("most", "longest"),
        )  # fmt: skip
        rows = [(self._measure(name), *_spread(spread)) for name, spread in group.times.items()]
        return self._line("times"), columns, rows

    def _notices(self, group: Group) -> Table:
        outcomes = ("on_time", "late", "missed", "waiting", "held")
        columns = (
            *self._columns("leg", "to", "set_by", "owed"),
            *(self._word("outcome", name) for name in (*outcomes, "acknowledged")),
            "p50", "p95",
            *self._columns("most", "spare"),
        )  # fmt: skip
        rows = [
            (
                self._word("leg", legs.leg),
                self._word("role", legs.role),
                self._word("set_by", legs.set_by),
                str(legs.owed),
                *(str(getattr(legs, name)) for name in (*outcomes, "acknowledged")),
                _seconds(legs.delay.p50_seconds),
                _seconds(legs.delay.p95_seconds),
                _seconds(legs.delay.max_seconds),
                _seconds(legs.spare_least_seconds),
            )
            for legs in group.notices
        ]
        return self._line("notices"), columns, rows

    def _clocks(self, group: Group) -> Table:
        columns = self._columns("clock", "duty_of", "basis", "set_by", "running", "due", "missing")
        rows = [
            (
                one.term,
                self._word("role", one.duty_of),
                one.basis,
                self._word("set_by", one.set_by),
                str(one.running),
                "-" if one.missing else str(one.due),
                one.missing,
            )
            for one in group.clocks
        ]
        return self._line("clocks"), columns, rows

    def _coverage(self, report: Statistics) -> Table:
        columns = self._columns(
            "branch", "objects", "connected", "attested", "heard", "ncc", "critical",
            "critical_connected", "critical_ncc", "sources", "overdue",
        )  # fmt: skip
        rows = [
            (
                self._place(row.by, row.name),
                str(row.objects),
                str(row.connected),
                str(row.attested),
                str(row.heard),
                str(row.ncc),
                str(row.critical),
                str(row.critical_connected),
                str(row.critical_ncc),
                f"{row.sources_heard} / {row.sources_unknown} / {row.sources}",
                "; ".join(f"{self._duty(duty)}: {count}" for duty, count in row.overdue.items()),
            )
            for row in report.coverage
        ]
        return self._line("coverage"), columns, rows

    def _place(self, by: str, name: str) -> str:
        if by == "all":
            return self._word("any", "total")
        return self._word("sector" if by == "sector" else "object_class", name)

    def _measure(self, name: str) -> str:
        kind, _, role = name.partition(".")
        told = self._word("measure", kind)
        return f"{told}: {self._word('role', role)}" if role else told

    def _duty(self, name: str) -> str:
        kind, _, reference = name.partition(":")
        told = self._word("duty", kind)
        return f"{told} {reference}" if reference else told

    def _word(self, context: str, name: str) -> str:
        return self.words(self.language, context, name)

    def _columns(self, *names: str) -> tuple[str, ...]:
        return tuple(self._word("column", name) for name in names)

    def _line(self, name: str, **values: str) -> str:
        return self.words.line(self.language, "table", name, **values)


def _named(one: ObjectCompliance) -> str:
    return f"{one.code} {one.object_id}".strip()


def _some(objects: Sequence[str]) -> str:
    more = f" +{len(objects) - _FEW}" if len(objects) > _FEW else ""
    return ", ".join(objects[:_FEW]) + more


def _instant(at: Instant | None) -> str:
    return "-" if at is None else to_the_second(at)


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _spread(spread: Spread) -> tuple[str, ...]:
    told: Callable[[float | None], str] = _seconds
    return (
        str(spread.count),
        str(spread.unknown),
        str(spread.open),
        told(spread.p50_seconds),
        told(spread.p90_seconds),
        told(spread.p95_seconds),
        told(spread.max_seconds),
        told(spread.open_longest_seconds),
    )
