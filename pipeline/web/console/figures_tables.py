"""The figures of a report as tables: verdicts, dimensions, times, notices, clocks, coverage."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.model import NANOSECONDS, Json
from pipeline.web.console.documents import members, number, text, value
from pipeline.web.console.parts import Cell, Fold, Row, Table, code, together
from pipeline.web.console.words import Words

VERDICTS = ("incident", "candidate", "no_incident", "false_positive", "merged")
_TOLD = ("owed", "on_time", "late", "missed", "waiting", "held", "acknowledged")
_SPREAD = ("p50_seconds", "p90_seconds", "max_seconds")
_WATCHED = ("objects", "connected", "attested", "heard", "ncc", "critical")
_OF_THE_LAW = ("severity", "act", "harm", "sector", "object_class")  # what people look at first


@dataclass(frozen=True, slots=True)
class FiguresTables:
    """Writes tables in one language; a dash is what nothing is known of."""

    say: Words

    def group(self, group: Json) -> Iterator[Table | Fold]:
        """Write what is told of one regime, regular or trial operation."""
        verdicts: Mapping[str, Json] = value(group, "verdicts") or {}
        there = [one for one in VERDICTS if number(verdicts.get(one, {}), "total")] or [VERDICTS[0]]
        found = {one: verdicts.get(one, {}) for one in there}
        yield self._totals(found)
        if any(number(one, "total") for one in found.values()):
            tables = dict(self._dimensions(found))
            yield from (tables[name] for name in _OF_THE_LAW if name in tables)
            rest = [table for name, table in tables.items() if name not in _OF_THE_LAW]
            yield Fold(self.say("statistics.rest"), rest)
        yield self._times(group)
        yield self._notices(group)
        if clocks := members(group, "clocks"):
            yield self._clocks(clocks)

    def coverage(self, rows: Sequence[Json]) -> Iterator[Table]:
        """Write who is watched, by branch and by class."""
        say = self.say
        columns = [say("column.branch"), *(say(f"watched.{name}") for name in _WATCHED),
                   say("watched.overdue")]  # fmt: skip
        written = [
            Row((self._branch(one), *(say.number(number(one, name)) for name in _WATCHED),
                 say.number(sum((value(one, "overdue") or {}).values()))))
            for one in rows
        ]  # fmt: skip
        yield Table(say("statistics.coverage"), columns, written, "",
                    numbers=frozenset(range(1, len(columns))))  # fmt: skip

    def word(self, context: str, name: str) -> str:
        """Give the word for a value, also for what every dimension may have."""
        found = self.say.word(context, name)
        return self.say.word("any", name) if found == name else found

    def _totals(self, verdicts: Mapping[str, Json]) -> Table:
        say = self.say
        rows = [
            Row((self.word("verdict", name), say.number(number(one, "total"))))
            for name, one in verdicts.items()
        ]
        columns = [say("column.what"), say("column.number")]
        return Table(say("statistics.total"), columns, rows, "", numbers=frozenset({1}),
                     headed=True)  # fmt: skip

    def _dimensions(self, verdicts: Mapping[str, Json]) -> Iterator[tuple[str, Table]]:
        say = self.say
        columns = [say("column.value"), *(self.word("verdict", name) for name in verdicts)]
        numbers = frozenset(range(1, len(columns)))
        by = [value(one, "by") or {} for one in verdicts.values()]
        for dimension in sorted({name for one in by for name in one}):
            held = [one.get(dimension, {}) for one in by]
            names = sorted({name for each in held for name in each})
            rows = [
                Row(
                    (
                        self._value(dimension, name),
                        *(say.number(each.get(name, 0)) for each in held),
                    )
                )
                for name in names
            ]
            if rows:
                caption = self.word("dimension", dimension)
                yield dimension, Table(caption, columns, rows, "", numbers=numbers, headed=True)

    def _value(self, dimension: str, name: str) -> Cell:
        if dimension == "rsit" and "." in name:  # a foreign taxonomy's name, under its class
            return together(self.word("rsit_class", name.partition(".")[0]), code(name))
        return self.word("rsit_class" if dimension == "rsit" else dimension, name)

    def _times(self, group: Json) -> Table:
        say = self.say
        rows = []
        for name, spread in sorted((value(group, "times") or {}).items()):
            measure, _, role = name.partition(".")
            said = self.word("measure", measure)
            rows.append(
                Row((f"{said} → {self.word('role', role)}" if role else said,
                     *(say.number(number(spread, one)) for one in ("count", "open", "unknown")),
                     *(self._span(spread, one) for one in _SPREAD)))
            )  # fmt: skip
        names = ("count", "open", "unknown", *_SPREAD)
        columns = [say("column.what"), *(say(f"times.{name}") for name in names)]
        return Table(say("statistics.times"), columns, rows, say("statistics.no_times"),
                     numbers=frozenset(range(1, 7)), headed=True)  # fmt: skip

    def _span(self, spread: Json, name: str) -> str:
        seconds = value(spread, name)
        return "–" if seconds is None else self.say.span(int(seconds * NANOSECONDS))

    def _notices(self, group: Json) -> Table:
        say = self.say
        rows = [
            Row((together(f"{self.word('leg', text(one, 'leg'))} → "
                          f"{self.word('role', text(one, 'role'))}",
                          self.word("set_by", text(one, "set_by"))),
                 *(say.number(number(one, name)) for name in _TOLD)))
            for one in members(group, "notices")
        ]  # fmt: skip
        columns = [say("column.leg"), *(say(f"notices.{name}") for name in _TOLD)]
        return Table(say("way.notices"), columns, rows, say("notices.nothing"),
                     numbers=frozenset(range(1, 8)), headed=True)  # fmt: skip

    def _clocks(self, clocks: Sequence[Json]) -> Table:
        say = self.say
        rows = []
        for one in clocks:
            missing = text(one, "missing")
            over = say.number(number(one, "due"))
            if missing:
                over = say("timer.none", missing=say.word("by_law", missing))
            rows.append(
                Row((together(say.word("duty_of", text(one, "duty_of")), code(text(one, "term"))),
                     say.number(number(one, "running")), over,
                     together(code(text(one, "basis")), say.word("set_by", text(one, "set_by")))))
            )  # fmt: skip
        columns = [say("column.duty"), say("statistics.ran"), say("statistics.over"),
                   say("column.ground")]  # fmt: skip
        return Table(say("statistics.clocks"), columns, rows, "", numbers=frozenset({1}),
                     headed=True)  # fmt: skip

    def _branch(self, row: Json) -> str:
        by, name = text(row, "by"), text(row, "name")
        if by == "all":
            return self.say("statistics.total")
        return self.word("sector" if by == "sector" else "object_class", name)
