"""What the commands about objects share: which registry, which instant, whose word."""

import time
from collections.abc import Sequence
from datetime import UTC, date
from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import ConfigurationError, Problem
from pipeline.model import instant, rfc3339
from pipeline.registry.change_log import Recorded, log_head, record_change
from pipeline.registry.differences import Changed
from pipeline.registry.moments import EARLIEST, LATEST, midnight
from pipeline.registry.planning import Plan, preview, recorded
from pipeline.registry.registry import Registry
from pipeline.runtime.cli.output import DONE, FOUND, emit, say, show_table, stop
from pipeline.runtime.configuration import bundled, read_settings

RegistryPath = Annotated[
    Path | None,
    typer.Option("--registry", help="Registry file or folder; default: the settings' registry."),
]
At = Annotated[str | None, typer.Option("--at", help="Date or RFC 3339 time; default: now (UTC).")]
KnownAt = Annotated[
    str | None, typer.Option("--known-at", help="Tell what was known then; default: known last.")
]
Since = Annotated[
    str | None,
    typer.Option("--from", help="Since when it holds: date or RFC 3339; default: now."),
]
Whom = Annotated[str, typer.Option("--as", help="Who says so, in which role: duty_lead/a.serik.")]
Why = Annotated[str, typer.Option("--reason", help="Why; kept with the change.")]
Yes = Annotated[bool, typer.Option("--yes", help="Apply what is shown without asking.")]
_FIELDS = ("what", "since", "until", "field", "before", "after")


def registry_paths(registry: Path | None, config: Path | None) -> tuple[Path, ...]:
    """Give the registry's files and folders."""
    return (registry,) if registry is not None else read_settings(config).registry


def moment(option: str, text: str | None) -> int:
    """Read an instant; without a text it is now. ConfigurationError where it is none."""
    if text is None:
        return time.time_ns()
    try:
        return midnight(date.fromisoformat(text), UTC)
    except ValueError:
        pass
    try:
        return instant(text)
    except ValueError as error:
        raise ConfigurationError([Problem(option, 0, str(error))]) from error


def span_text(begin: int, end: int) -> tuple[str, str]:
    """Write a span for people; what has no end on a side is left empty."""
    return ("" if begin == EARLIEST else rfc3339(begin), "" if end >= LATEST - 1 else rfc3339(end))


def word(whom: str, reason: str) -> Recorded:
    """Give author, reason and time of a change; ConfigurationError where one is missing."""
    role, slash, author = whom.partition("/")
    problems = []
    if not (role and slash and author):
        problems.append(Problem("--as", 0, f"{whom!r} is no ROLE/author"))
    if not reason.strip():
        problems.append(Problem("--reason", 0, "is empty", "say why"))
    if problems:
        raise ConfigurationError(problems)
    return Recorded(time.time_ns(), whom, reason)


def writable(paths: Sequence[Path]) -> Path:
    """Give the folder that keeps the change log; ConfigurationError where there is none."""
    for path in paths:
        if path.is_dir():
            if path.resolve() == bundled("objects").resolve():
                way_out = "make your own with saqshy init, and name it with --config or --registry"
                raise ConfigurationError([Problem(str(path), 0, "is the shipped example", way_out)])
            return path
    message = "is no folder, and changes are kept beside the registry's files"
    raise ConfigurationError([Problem(str(paths[0]) if paths else "registry", 0, message)])


def apply_plan(
    paths: Sequence[Path], old: Registry, plan: Plan, said: Recorded, *, yes: bool, json: bool
) -> None:
    """Show what a plan changes, ask, and record it; ends with 1 where nothing was recorded.

    ConfigurationError where the registry would not hold, or where it changed meanwhile.
    """
    folder = writable(paths)
    head = log_head(folder)
    ahead = preview(paths, old, plan, said)
    show_differences(ahead.differences, json=json)
    if not json:
        say(f"{len(plan.objects)} object(s), {len(plan.parties)} party(ies); {plan.same} the same")
    if plan.empty:
        stop(DONE)
    if not yes and not _agreed():
        stop(FOUND, "nothing was changed")
    line = record_change(folder, recorded(plan, said), head)
    say(f"recorded as change {line['number']}; the registry is now {ahead.registry.revision}")


def _agreed() -> bool:
    if not typer.get_text_stream("stdin").isatty():
        say("add --yes to apply it")
        return False
    return typer.confirm("apply it?", err=True)


def show_differences(changes: Sequence[Changed], *, json: bool) -> None:
    """Print what is different, a field a row."""
    if json:
        for one in changes:
            emit(difference_document(one))
        return
    rows = []
    for one in changes:
        begin, end = span_text(one.begin, one.end) if one.kind == "object" else ("", "")
        head = f"{one.what} {one.kind} {one.id}"
        fields = [(f.path, f.before, f.after) for f in one.fields] or [("", "", "")]
        rows += [(head, begin, end, *field) for field in fields]
    show_table(f"{len(changes)} change(s)", _FIELDS, rows)


def difference_document(one: Changed) -> dict[str, object]:
    """Write one change as JSON."""
    begin, end = span_text(one.begin, one.end) if one.kind == "object" else ("", "")
    fields = [{"path": f.path, "before": f.before, "after": f.after} for f in one.fields]
    return {
        "kind": one.kind,
        "id": one.id,
        "what": one.what,
        "since": begin,
        "until": end,
        "fields": fields,
    }
