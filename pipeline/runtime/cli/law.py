"""`saqshy law show|check|apply`: the law in force, and what it says of a case."""

from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.assess import Pack, load_pack
from pipeline.assess.applied import Applied, apply_case
from pipeline.assess.case_file import read_cases
from pipeline.assess.explain import Explainer
from pipeline.assess.reach import unreachable
from pipeline.assess.rows import ByLawRow, Row, TermRow
from pipeline.documents import read_yaml
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import NANOSECONDS, Json, instant, rfc3339
from pipeline.registry import Registry, load_registry
from pipeline.registry.moments import EARLIEST, LATEST, midnight, zone_named
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import FOUND, emit, say, show_table, stop, told_errors
from pipeline.runtime.configuration import read_settings

law = typer.Typer(help="The law in force, and what it says of a case.", no_args_is_help=True)

PackFolder = Annotated[
    Path | None, typer.Option("--pack", help="Folder of the law pack; default: the settings' pack.")
]
RegistryPath = Annotated[
    Path | None,
    typer.Option("--registry", help="Registry file or folder; default: the settings' registry."),
]
_COLUMNS = ("section", "row", "basis", "set by", "in force", "says")
_PLAIN = frozenset(Row.model_fields)


@law.command()
def show(
    at: Annotated[
        str | None,
        typer.Option("--at", help="Date or RFC 3339 time; default: rows without an end."),
    ] = None,
    pack: PackFolder = None,
    section: Annotated[str | None, typer.Option("--section", help="Only these rows.")] = None,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Print the rows of the law pack that are in force at a date.

    Example: saqshy law show --at 2026-01-01 --section terms
    """
    with told_errors():
        held = _pack(pack, config)
        moment = _moment(at, held)
        view = held.at(moment)
        if section is not None and section not in view.rows:
            known = ", ".join(sorted(view.rows))
            raise ConfigurationError([Problem("--section", 0, f"no section {section!r}", known)])
        rows = [
            (name, row)
            for name, found in view.rows.items()
            for row in found
            if section in (None, name)
        ]
        if json:
            for name, row in rows:
                emit({"section": name, **_document(row)})
            return
        title = f"{len(rows)} rows of {held.head.pack} {held.revision} in force"
        zone = zone_named(held.head.zone)
        show_table(title, _COLUMNS, [_cells(name, row, zone) for name, row in rows])


@law.command()
def check(
    pack: PackFolder = None,
    registry: RegistryPath = None,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Read a law pack and print every problem, and who in the registry could not be reached.

    Example: saqshy law check --pack rules/law/kz --registry rules/objects
    """
    with told_errors():
        held = _pack(pack, config)
        problems = unreachable(held, load_registry(_registry(registry, config)))
        missing = [
            row.id for row in held.rows["by_laws"]
            if isinstance(row, ByLawRow) and row.source == "missing"
        ]  # fmt: skip
        summary = {
            "pack": held.head.pack,
            "revision": held.revision,
            "rows": sum(map(len, held.rows.values())),
            "by_laws_missing": missing,
            "problems": [str(problem) for problem in problems],
        }
        if json:
            emit(summary)
        else:
            for problem in problems:
                say(str(problem))
            say(f"{summary['rows']} rows of {held.head.pack}, revision {held.revision}")
            say(f"by-laws whose source is missing: {', '.join(missing) or 'none'}")
        if problems:
            stop(FOUND)


@law.command()
def apply(
    cases: Annotated[list[Path], typer.Argument(help="Case files, YAML or JSON.", metavar="CASE…")],
    pack: PackFolder = None,
    registry: RegistryPath = None,
    language: Annotated[str, typer.Option("--language", help="kk, ru or en.")] = "en",
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Assess case files; print each assessment and the notices that are due.

    Example: saqshy law apply rules/law/examples/critical-intrusion.yml
    """
    with told_errors():
        held = _pack(pack, config)
        known = load_registry(_registry(registry, config))
        if language not in {"kk", "ru", "en"}:
            way_out = "write kk, ru or en"
            raise ConfigurationError(
                [Problem("--language", 0, f"no language {language!r}", way_out)]
            )
        for applied in _applied(cases, held, known):
            if json:
                emit(applied.document())
            else:
                _print(applied, held, language)


def _applied(files: list[Path], pack: Pack, known: Registry | None) -> list[Applied]:
    """Judge every case of the files; ConfigurationError with the problems of all of them."""
    problems: list[Problem] = []
    judged: list[Applied] = []
    for file in files:
        try:
            judged += [apply_case(case) for case in read_cases(read_yaml(file), pack, known)]
        except ConfigurationError as error:
            problems += error.problems
    if problems:
        raise ConfigurationError(problems)
    return judged


def _print(applied: Applied, pack: Pack, language: str) -> None:
    """Print an assessment and what is due, for people."""
    explainer = Explainer(pack.at(applied.at), language)
    lines = explainer(applied.assessment)
    show_table(
        f"{applied.object_id} at {rfc3339(applied.at)}",
        ("element", "is", "because", "ground"),
        [(one.subject, one.value, one.reason, one.basis) for one in lines],
    )
    rows = [
        (
            one.leg,
            f"{one.recipient.role} {one.recipient.party_id or '(not registered)'}",
            rfc3339(one.due_at) if one.due_at is not None else f"by-law missing: {one.missing}",
            one.duty_of,
            one.set_by,
            one.basis,
        )
        for one in applied.due
    ]
    show_table("due", ("leg", "to", "due", "duty of", "set by", "ground"), rows)


def _pack(folder: Path | None, config: Path | None) -> Pack:
    return load_pack(folder if folder is not None else read_settings(config).law.pack)


def _registry(path: Path | None, config: Path | None) -> Sequence[Path]:
    return [path] if path is not None else read_settings(config).registry


def _moment(at: str | None, pack: Pack) -> int:
    if at is None:
        return LATEST - 1
    try:
        return midnight(date.fromisoformat(at), zone_named(pack.head.zone))
    except ValueError:
        try:
            return instant(at)
        except ValueError as error:
            problem = Problem("--at", 0, f"{at!r} is neither a date nor a time", "2026-01-31")
            raise ConfigurationError([problem]) from error


def _document(row: Row) -> Json:
    """Give a row without its empty keys; times as RFC 3339, no end as no key."""
    document: Json = {
        key: value
        for key, value in row.model_dump(mode="json").items()
        if value not in (None, "", [], {})
    }
    document["valid_from"] = rfc3339(row.valid_from)
    document["valid_to"] = rfc3339(row.valid_to)
    if row.valid_to == LATEST:
        del document["valid_to"]
    return document


def _cells(section: str, row: Row, zone: tzinfo) -> tuple[str, ...]:
    begin = _day(row.valid_from, zone) if row.valid_from != EARLIEST else "always"
    end = _day(row.valid_to - 1, zone) if row.valid_to != LATEST else ""
    by = f"{row.set_by} ({row.author}, {row.set_at})" if row.set_by == "policy" else row.set_by
    says = {
        key: value
        for key, value in row.model_dump(mode="json", exclude_defaults=True).items()
        if key not in _PLAIN and key not in {"id", "names"}
    }
    missing = isinstance(row, ByLawRow) and row.source == "missing"
    missing = missing or (isinstance(row, TermRow) and row.offset is None)
    text = "source missing" if missing else _short(says) or row.reason
    return (section, str(getattr(row, "id", "")), row.basis, by, f"{begin}..{end}", text)


def _day(moment: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(moment // NANOSECONDS, zone).date().isoformat()


def _short(says: dict[str, Any]) -> str:
    return "; ".join(f"{key}: {value}" for key, value in says.items())
