"""A source that sends far less than it usually does in this hour of such a day (1(29-1)).

Only what comes while ticks pass is counted, and an hour is what lies between two ticks: the replay
of old files counts nowhere. An hour is compared with the same hour of the last working days, or
days of rest. It is too low under ``drop_to_percent`` of the median and under four times what such
an hour differs by from the one before; two such hours in a row open one finding, which is amended
once a day and when it ends. An hour that is not whole (planned work, silence, our own deafness)
says nothing, and what comes while a drop stands teaches nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.correlate.evidence import Evidence
from pipeline.correlate.presence import ObjectRow, SourceRow
from pipeline.correlate.silence import DEAF, learn_gap
from pipeline.correlate.volume_row import (
    MOST_STREAMS,
    NONE,
    Usual,
    VolumeRow,
    count_of,
    empty,
    level_of,
)
from pipeline.correlate.watching import Watching
from pipeline.model import (
    ENDING,
    NANOSECONDS,
    Finding,
    Json,
    Observation,
    RuleRef,
    finding_id,
)
from pipeline.model.calendar import HOUR_SECONDS, SUNDAY, LocalHour
from pipeline.model.rows import Rows

VOLUME_DROP = RuleRef("saqshy.volume-drop", "A source sends far less than it did", "medium", "1")
HOUR = HOUR_SECONDS * NANOSECONDS
ALL = ""  # the stream of all events
LEAST_SEEN = 5  # of the same hour, before it is judged
IN_A_ROW = 2
SPREADS = 4
LOW_SEEN = 1  # of the kept hours that may be as low, or low is usual then
MOST_NAME = 40
MOST_KNOWN = 4096
_FALLS_ON = {False: 2, True: SUNDAY}  # one weekday of each kind of day: at most a level a week


@dataclass(frozen=True, slots=True)
class Volume:
    """Counts what sources send by hour, and tells of drops when an hour ends."""

    evidence: Evidence
    watching: Watching

    def count(self, state: Rows, whole: ObjectRow, source: SourceRow, seen: Observation) -> None:
        """Count a batch's events into its source's hour, in the row that the step keeps anyway."""
        if not whole.ticked_at:
            return
        memo = state.scratch.get("streams")
        if memo is None:
            memo = state.scratch["streams"] = {}
        places: dict[str, int] | None = memo.get(seen.source_id)
        if places is None or len(places) > MOST_KNOWN:
            places = memo[seen.source_id] = {}
        counts = source.counts
        if not counts:
            counts += [0] * MOST_STREAMS
        counts[0] += seen.event_count
        for kind, count in seen.counts.items():
            place = places.get(kind)
            if place is None:
                place = places[kind] = self._place(state, seen.source_id, kind)
            if place:
                counts[place] += count

    def _place(self, state: Rows, source_id: str, kind: str) -> int:
        """Give the place of a kind's stream, 0 where it counts with all only."""
        name = kind.rpartition("/")[0][:MOST_NAME]
        row = state.get(VolumeRow, "volume", source_id) or VolumeRow()
        if name in row.streams:
            return row.streams.index(name)
        if not name or len(row.streams) >= MOST_STREAMS:
            return 0
        row.streams.append(name)
        row.levels.append(empty())
        row.spread.append(0)
        state.put(row, "volume", source_id)
        return len(row.streams) - 1

    def tick(self, state: Rows, whole: ObjectRow, before: int, seen: Observation) -> list[Finding]:
        """End the hour where its time is over; ``before`` is the tick before this one."""
        if seen.source_id == ENDING:
            return []
        now = seen.received_at
        hour = now // HOUR
        deaf = before == 0 or now - before > DEAF
        if hour == whole.hour:
            whole.partial |= deaf
            return []
        clean = not (whole.partial or deaf) and hour == whole.hour + 1
        findings: list[Finding] = []
        for (source_id,), source in list(state.all(SourceRow, "source")):
            findings += self._end_hour(state, source_id, source, (whole.hour, now, clean))
        whole.hour, whole.partial = hour, deaf
        return findings

    def _end_hour(
        self,
        state: Rows,
        source_id: str,
        source: SourceRow,
        time: tuple[int, int, bool],
    ) -> list[Finding]:
        hour, now, clean = time
        named = state.object_id, source_id, now
        local = self.watching.calendar.hour(hour)
        row = state.get(VolumeRow, "volume", source_id)
        findings: list[Finding] = []
        if self.evidence.attention(*named).watched:
            row = row or VolumeRow()
            counts = source.counts or [0] * MOST_STREAMS
            if row.relearn:
                findings += self._relearned(state, source_id, row, hour)
            # A number of the registry says how long nothing at all may come.
            told = not counts[0] and self.evidence.timing(*named).silence is not None
            whole = clean and not (source.partial or source.paused_at or source.silent_finding)
            if whole and not told:
                findings += self._judge(state, source_id, row, counts, (hour, local))
            else:
                row.low = {name: row.low[name] for name in row.down}
            if self.watching.calendar.hour(hour + 1).day != local.day:
                self._end_day(state, source_id, source, row, now)
            state.put(row, "volume", source_id)
        source.counts = []
        source.partial = bool(source.paused_at or source.silent_finding)
        state.put(source, "source", source_id)
        return findings

    def _judge(
        self,
        state: Rows,
        source_id: str,
        row: VolumeRow,
        counts: Sequence[int],
        at: tuple[int, LocalHour],
    ) -> list[Finding]:
        hour, local = at
        row.began = row.began or hour
        learning = hour - row.began < self.watching.numbers.learning_days * 24
        may_fall = local.day.weekday() == _FALLS_ON[local.rest]
        shown: Json = {}
        for place, name in enumerate(row.streams):
            usual = Usual.unpacked(row.levels[place])
            level = level_of(counts[place])
            down = name in row.down
            bar = None if learning else self._bar(usual, local.slot, row.spread[place], down=down)
            low = bar is not None and level < bar
            if low:
                row.low[name] = IN_A_ROW if down else row.low.get(name, 0) + 1
                median = count_of(usual.judged_by(local.slot))
                shown[name or "all"] = {"seen": counts[place], "usual": median}
            elif down and bar is not None and row.low.get(name, 0) > 1:
                row.low[name] = 1  # two good hours end what two low ones began
            elif not down or bar is not None:
                row.low.pop(name, None)
            if not low and name not in row.low:
                usual.push(local.slot, level, learning=learning, may_fall=may_fall)
                row.levels[place] = usual.packed()
        return list(self._tell(state, source_id, row, hour, shown))

    def _bar(self, usual: Usual, slot: int, spread: int, *, down: bool) -> int | None:
        """Give the level under which an hour is too low; None where it cannot be judged.

        What is ``down`` is so until it comes half the way back.
        """
        judged_by, kept = usual.judged_by(slot), usual.seen(slot)
        numbers = self.watching.numbers
        if len(kept) < LEAST_SEEN or judged_by == NONE:
            return None
        if count_of(judged_by) < numbers.least_events:
            return None
        bar = min(
            level_of(count_of(judged_by) * numbers.drop_to_percent // 100),
            judged_by - SPREADS * spread,
        )
        if bar <= 0 or sum(one < bar for one in kept) > LOW_SEEN:
            return None
        return (bar + judged_by) // 2 if down else bar

    def _tell(
        self, state: Rows, source_id: str, row: VolumeRow, hour: int, shown: Json
    ) -> Iterator[Finding]:
        low = row.low.items()
        down = sorted(name for name, run in low if run >= IN_A_ROW or name in row.down)
        stood = row.stands
        if down and not stood:
            if not row.finding or hour - row.ended >= 24:  # else it is the same one again
                row.since = hour + 1 - IN_A_ROW
                opening = f"{source_id}:{row.since}"
                row.finding = finding_id(VOLUME_DROP.id, {"source": source_id}, opening)
                row.revision, row.hours = 0, IN_A_ROW - 1
            row.ended = 0
        row.hours += bool(down)
        news = not {*down} <= {*row.down} or not down or hour - row.told >= 24
        row.down = down
        if news and (down or stood):
            if not down:
                row.ended = hour
            row.told = hour
            yield self._finding(state, source_id, row, hour, {"streams": shown})

    def _relearned(
        self, state: Rows, source_id: str, row: VolumeRow, hour: int
    ) -> Iterator[Finding]:
        """Begin to learn anew, as a person said."""
        if row.stands:
            row.ended = hour
            yield self._finding(state, source_id, row, hour, {"accepted": True})
        row.began, row.low, row.down, row.relearn = 0, {}, [], False
        row.levels = [empty() for _ in row.streams]
        row.spread = [0 for _ in row.streams]

    def _end_day(
        self, state: Rows, source_id: str, source: SourceRow, row: VolumeRow, now: int
    ) -> None:
        numbers = self.watching.numbers
        learn_gap(source, row, now, numbers.gap_factor, numbers.learning_days)
        least = level_of(numbers.least_events)
        stays = []
        for place, name in enumerate(row.streams):
            usual = Usual.unpacked(row.levels[place])
            row.spread[place] = usual.differs(least)
            known = [slot for slot in range(24) if len(usual.seen(slot)) >= LEAST_SEEN]
            small = all(usual.judged_by(slot) < least for slot in known)
            if name == ALL or name in row.low or len(known) < 24 or not small:
                stays.append(place)
        if len(stays) < len(row.streams):  # too small to be judged: room for another
            row.streams = [row.streams[place] for place in stays]
            row.levels = [row.levels[place] for place in stays]
            row.spread = [row.spread[place] for place in stays]
            state.scratch.get("streams", {}).pop(source_id, None)

    def _finding(
        self, state: Rows, source_id: str, row: VolumeRow, hour: int, more: Json
    ) -> Finding:
        row.revision += 1
        first = row.since * HOUR
        return Finding(
            id=row.finding,
            revision=row.revision,
            kind="detector",
            rule=VOLUME_DROP,
            object_id=state.object_id,
            first_event_at=first,
            last_event_at=(hour + 1) * HOUR,
            event_ids=(),
            event_count=0,
            group={"source": source_id},
            labels=self.evidence.labels(VOLUME_DROP.id),
            fields={"ended": bool(row.ended), "low_hours": row.hours, **more},
            trial=self.evidence.trial(state.object_id, first),
        )
