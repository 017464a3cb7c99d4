"""`saqshy statistics show|export|compliance`: counts, times, coverage and duties of a period."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.incidents.statistics import Period, days, month, year
from pipeline.model import NANOSECONDS, as_document, instant
from pipeline.notify.texts import LANGUAGES
from pipeline.registry.moments import zone_named
from pipeline.runtime.archive import Archive
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import FOUND, USAGE, emit, say, show_table, stop, told_errors
from pipeline.runtime.cli.statistics_tables import Tables
from pipeline.runtime.cli.statistics_words import Words
from pipeline.runtime.compliance import by_sector
from pipeline.runtime.compliance import compliance as compliance_of
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.figures import Figures
from pipeline.runtime.reading import reading

statistics = typer.Typer(help="Statistics, open data, compliance.", no_args_is_help=True)

Month = Annotated[str | None, typer.Option("--month", help="A month: 2026-03.")]
Year = Annotated[int | None, typer.Option("--year", help="A calendar year.")]
From = Annotated[str | None, typer.Option("--from", help="The first day: 2026-03-01.")]
To = Annotated[str | None, typer.Option("--to", help="The last day, itself included.")]
KnownAt = Annotated[
    str | None, typer.Option("--known-at", help="RFC 3339: as it was known then; default: now.")
]
Language = Annotated[str, typer.Option("--language", help="kk, ru or en.")]


@statistics.command("show")
def show(
    month_: Month = None,
    year_: Year = None,
    first: From = None,
    last: To = None,
    known_at: KnownAt = None,
    language: Language = "kk",
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Count what was opened in a period: by act, harm, branch; times, own duties, coverage.

    Days are those of the settings' zone. Without a period it is this month so far.

    Example: saqshy statistics show --month 2026-03 --language ru
    """
    _check_language(language)
    with told_errors(), _figures(config, store, known_at) as figures:
        report = figures.report(_period(figures, month_, year_, first, last))
        if json:
            emit(as_document(report))
            return
        words = Words(figures.archive.pack, figures.archive.known_at)
        tables = Tables(words, language)
        for title, columns, rows in tables.report(report):
            show_table(title, columns, rows)
        for note in tables.notes(report):
            say(note)


@statistics.command("export")
def export(
    out: Annotated[Path, typer.Option("--out", help="The folder for the files.")],
    open_: Annotated[
        bool, typer.Option("--open", help="Open data: what anybody may read.")
    ] = False,
    month_: Month = None,
    year_: Year = None,
    known_at: KnownAt = None,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Write the open data of a period that is over: CSV and JSON with their description.

    No object, no person, no number below the settings' `statistics.least_count`. One kind of
    period is published (`statistics.open_period`): a year less eleven months tells the twelfth.

    Example: saqshy statistics export --open --year 2026 --out open-data
    """
    if not open_:
        stop(USAGE, "say --open: what is written is for anybody; for inside use show --json")
    with told_errors(), _figures(config, store, known_at) as figures:
        period = _period(figures, month_, year_, None, None)
        own = figures.settings.statistics
        if period.kind != own.open_period:
            stop(
                USAGE,
                f"statistics.open_period is {own.open_period}: no {period.kind} is published beside"
                " it, since one less the others would tell what is hidden",
            )
        if figures.archive.known_at < period.end:
            stop(USAGE, f"{period.name} is not over: what is published of it would be told apart")
        words = Words(figures.archive.pack, figures.archive.known_at)
        made = figures.published(period, words)
        out.mkdir(parents=True, exist_ok=True)
        for name, data in sorted(made.items()):
            (out / name).write_bytes(data)
            if json:
                emit({"file": str(out / name), "bytes": len(data)})
        say(f"{len(made)} files in {out}: datapackage.json describes them")


@statistics.command("compliance")
def compliance(
    sector: Annotated[str | None, typer.Option("--sector", help="Of one branch.")] = None,
    at: Annotated[str | None, typer.Option("--at", help="RFC 3339; default: now.")] = None,
    language: Language = "kk",
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Show what the law asks of each object: what is done, what is ahead, what is overdue.

    Exit code 1: something is overdue. The registry is the one in force in the store.

    Example: saqshy statistics compliance --sector electricity
    """
    _check_language(language)
    with told_errors(), _figures(config, store, at) as figures:
        known_at = figures.archive.known_at
        known = {*figures.vocabulary()["sector"]}
        if sector is not None and sector not in known:
            stop(USAGE, f"no branch {sector!r}: known are {', '.join(sorted(known))}")
        objects = compliance_of(figures.archive.registry, known_at, sector)
        if json:
            for one in objects:
                emit(as_document(one))
            for branch in by_sector(objects):
                emit({"summary": as_document(branch)})
        else:
            tables = Tables(Words(figures.archive.pack, known_at), language)
            for title, columns, rows in (
                *tables.objects(objects, known_at), tables.sectors(by_sector(objects)),
            ):  # fmt: skip
                show_table(title, columns, rows)
        behind = sum(one.overdue for one in objects)
        if behind:
            stop(FOUND, f"{behind} duties are overdue")


@contextmanager
def _figures(config: Path | None, store: Path | None, known_at: str | None) -> Iterator[Figures]:
    now = time.time_ns()
    try:
        at = instant(known_at) if known_at else now
    except ValueError as error:
        stop(USAGE, str(error))
    if at > now:
        stop(USAGE, f"{known_at} is ahead: nothing is known of then")
    settings = read_settings(config)
    with reading(config, store) as stores:
        yield Figures(Archive(stores, at, past=known_at is not None), settings)


def _period(
    figures: Figures, month_: str | None, year_: int | None, first: str | None, last: str | None
) -> Period:
    own = figures.settings.statistics
    if sum((month_ is not None, year_ is not None, bool(first or last))) > 1:
        stop(USAGE, "give one of --month, --year, or --from with --to")
    if bool(first) != bool(last):
        stop(USAGE, "give --from and --to together")
    try:
        zone = zone_named(own.zone)
        if year_ is not None:
            return year(year_, zone, own.zone)
        if first and last:
            return days(date.fromisoformat(first), date.fromisoformat(last), zone, own.zone)
        known = datetime.fromtimestamp(figures.archive.known_at // NANOSECONDS, zone)
        return month(month_ or f"{known:%Y-%m}", zone, own.zone)
    except (ValueError, OverflowError) as error:
        stop(USAGE, str(error))


def _check_language(language: str) -> None:
    if language not in LANGUAGES:
        stop(USAGE, f"no texts in {language!r}: known are {', '.join(LANGUAGES)}")
