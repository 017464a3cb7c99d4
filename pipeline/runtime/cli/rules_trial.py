"""`saqshy rules trial`: a dry run of rules over kept events."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from pipeline.content.overlay import Overlay, lay_over
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import NANOSECONDS, Json, as_document, instant, rfc3339
from pipeline.notify import Channels, Composer, read_texts
from pipeline.ports import Stores
from pipeline.runtime.chain import Chain
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import (
    FOUND,
    USAGE,
    emit,
    messages,
    say,
    show_table,
    stop,
    to_the_second,
    told_errors,
)
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.knowledge import Knowledge, read_knowledge
from pipeline.runtime.reading import reading
from pipeline.runtime.stages import Stages
from pipeline.runtime.telemetry import Silent
from pipeline.runtime.trial import EVER, Extent, Side, Trial, Tried, TriedFinding, TriedIncident
from pipeline.settings import Settings

SECONDS_BETWEEN_LINES = 5.0
SHOWN = 20  # rules: of more than these only those that find something are shown
MOST_ROWS = 50  # --json has all


def try_rules(
    paths: Annotated[list[Path], typer.Argument(help="Rule files or folders.", metavar="PATH…")],
    begin: Annotated[str | None, typer.Option("--from", help="Event time, RFC 3339.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Event time, RFC 3339.")] = None,
    object_id: Annotated[str | None, typer.Option("--object", help="Of one object.")] = None,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Run rules over kept events beside those in force: findings, incidents and notices to expect.

    Nothing is written or sent. A rule with the id of one in force is tried in its place.

    Example: saqshy rules trial new-rules --from 2026-03-01T00:00:00Z --object kz-bank
    """
    with told_errors():
        settings = read_settings(config)
        times = _times(begin, end)
        known = read_knowledge(settings)
        overlay = lay_over(paths, settings.content.paths, settings.content.cache)
        broken = [one for one in overlay.whole.quarantined if one.file in overlay.files]
        for problem in broken:
            say(f"not tried: {problem}")
        if not overlay.ids:
            stop(USAGE, "no rule can be tried: name a file or folder of rules")
        with reading(config, store) as stores:
            extent = Extent(_objects(known, stores, object_id), *times)
            trial = _trial(settings, known, overlay)
            with _progress() as tell:
                tried = trial(stores.events, extent, tell)
        if json:
            _emit(tried)
        else:
            _show(tried, overlay)
        _summary(tried, overlay)
        if broken or tried.failures:
            stop(FOUND)


def _times(begin: str | None, end: str | None) -> tuple[int, int]:
    times = [-EVER, EVER]
    problems = []
    for number, (name, text) in enumerate((("--from", begin), ("--to", end))):
        if text is not None:
            try:
                times[number] = instant(text)
            except ValueError as error:
                problems.append(Problem(name, 0, str(error)))
    if problems:
        raise ConfigurationError(problems)
    return times[0], times[1]


def _objects(known: Knowledge, stores: Stores, wanted: str | None) -> list[str]:
    """Give the objects whose events are read: every one that the registry or the store knows."""
    held = {one for one in stores.state.objects() if one[:1] not in ("", "@")}  # "@": ours
    objects = sorted({*known.registry.histories, *held})
    if wanted is None:
        return objects
    if wanted not in objects:
        way_out = f"known: {', '.join(objects)}"
        raise ConfigurationError([Problem("--object", 0, f"no object {wanted!r}", way_out)])
    return [wanted]


def _trial(settings: Settings, known: Knowledge, overlay: Overlay) -> Trial:
    stages = Stages(
        regime=settings.law.regime,
        repeat=settings.content.repeat_seconds * NANOSECONDS,
        composer=Composer(settings.centre, read_texts()),
        channels=Channels(by_role={"ncc": "ncc"} if settings.notify.ncc else {}),
        telemetry=Silent(),
    )

    def chain(of: Knowledge) -> Chain:
        return stages(of, of.revisions)

    after = replace(known, content=overlay.whole)
    return Trial(Side(chain(known)), Side(chain(after)), overlay.ids)


@contextmanager
def _progress() -> "Iterator[Tell]":
    if not messages.is_terminal:
        yield Tell()
        return
    columns = (TextColumn("trial"), BarColumn(), TextColumn("{task.completed} events"))
    with Progress(*columns, TimeElapsedColumn(), console=messages) as progress:
        yield Tell(progress)


class Tell:
    """Shows how far a trial is: a bar on a terminal, a line every few seconds elsewhere."""

    def __init__(self, progress: Progress | None = None) -> None:
        self._progress = progress
        self._task = progress.add_task("trial", total=None) if progress else None
        self._told_at = time.monotonic()

    def __call__(self, events: int) -> None:
        """Take note of how many events were read."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=events)
        elif time.monotonic() - self._told_at > SECONDS_BETWEEN_LINES:
            self._told_at = time.monotonic()
            say(f"trial: {events} events")


def _emit(tried: Tried) -> None:
    for found in tried.findings:
        also = {"also_found_by": list(found.also)}
        emit({"what": "finding", **as_document(found.finding), **also})
    for one in tried.incidents:
        emit({"what": "incident", **as_document(one.incident), "before": _before(one)})
    for notice in tried.notices:
        emit({"what": "notice", **as_document(notice)})
    emit({"what": "summary", **_counts(tried), "hits": tried.hits})


def _before(one: TriedIncident) -> Json | None:
    if one.before is None:
        return None
    assessment = one.before.assessment
    return {"state": one.before.state.value, "severity": assessment.severity}


def _counts(tried: Tried) -> dict[str, int]:
    return {
        "events": tried.events,
        "failures": tried.failures,
        "findings": len(tried.findings),
        "duplicates": sum(bool(found.also) for found in tried.findings),
        "incidents_new": sum(one.before is None for one in tried.incidents),
        "incidents_joined": sum(one.before is not None for one in tried.incidents),
        "notices": len(tried.notices),
        "uncompared": tried.uncompared,
    }


def _show(tried: Tried, overlay: Overlay) -> None:
    columns = ("rule", "title", "level", "hits", "findings", "duplicates", "also found by")
    show_table("rules", columns, _rule_rows(tried, overlay))
    if tried.incidents:
        columns = ("object", "opened", "state", "severity", "events", "to", "without these rules")
        shown = tried.incidents[:MOST_ROWS]
        title = f"{len(shown)} of {len(tried.incidents)} incidents to expect"
        show_table(title, columns, list(map(_incident_row, shown)))
    if tried.notices:
        heads = ("due", "leg", "to", "party", "state", "incident")
        rows = [
            (
                to_the_second(one.due_at),
                one.leg,
                one.recipient.role,
                one.recipient.party_id,
                one.state.value,
                one.incident_id[:12],
            )
            for one in tried.notices[:MOST_ROWS]
        ]
        title = f"{len(rows)} of {len(tried.notices)} notices to expect besides"
        show_table(title, heads, rows)


def _rule_rows(tried: Tried, overlay: Overlay) -> list[tuple[str, ...]]:
    by_rule: dict[str, list[TriedFinding]] = {}
    for found in tried.findings:
        by_rule.setdefault(found.finding.rule.id, []).append(found)
    rows: list[tuple[str, ...]] = []
    for name in sorted(overlay.ids):
        item = overlay.whole.rules.get(name) or overlay.whole.correlations[name]
        mine = by_rule.get(name, [])
        if not mine and name not in tried.hits and len(overlay.ids) > SHOWN:
            continue  # of many rules most find nothing: the summary counts them
        also = sorted({other for found in mine for other in found.also})
        rows.append(
            (
                name,
                item.title,
                item.level,
                str(tried.hits.get(name, "")),
                str(len(mine)),
                str(sum(bool(found.also) for found in mine)),
                ", ".join(_title(overlay, other) for other in also),
            )
        )
    return rows


def _title(overlay: Overlay, name: str) -> str:
    item = overlay.whole.rules.get(name) or overlay.whole.correlations.get(name)
    return item.title if item is not None else name


def _incident_row(one: TriedIncident) -> tuple[str, ...]:
    incident, before = one.incident, _before(one)
    return (
        incident.object_id,
        to_the_second(incident.opened_at),
        incident.state.value,
        incident.assessment.severity,
        str(incident.event_count),
        ", ".join(sorted({leg.role for leg in incident.assessment.route})),
        "none" if before is None else f"{before['state']}, {before['severity']}",
    )


def _summary(tried: Tried, overlay: Overlay) -> None:
    counts = _counts(tried)
    first = min((found.finding.first_event_at for found in tried.findings), default=None)
    since = f", the first at {rfc3339(first)}" if first is not None else ""
    say(
        f"{counts['events']} events: {counts['findings']} findings{since}, {counts['duplicates']} "
        f"of them found by rules in force; {counts['incidents_new']} new incidents, "
        f"{counts['incidents_joined']} that stand without these rules, {counts['notices']} notices"
    )
    fired = {found.finding.rule.id for found in tried.findings}.union(tried.hits)
    say(f"{len(overlay.ids) - len(fired)} of {len(overlay.ids)} tried rules find nothing")
    if tried.failures:
        say(f"{tried.failures} events could not be asked about by some rule")
    if tried.uncompared:
        say(f"{tried.uncompared} hits were not compared with the rules in force: too many")
    if not tried.events:
        say("no events are kept in that extent")
