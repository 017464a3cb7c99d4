"""`saqshy law coverage`: each norm, what it asks, how far it is met, by which code and test."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

import pipeline
from pipeline.assess import load_pack
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import NANOSECONDS, Json
from pipeline.runtime.cli.law_labels import FoundLabels, show_techniques
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import FOUND, emit, say, show_table, stop, told_errors
from pipeline.runtime.cli.rules_options import RulePaths, content_of, taxonomy_of
from pipeline.runtime.configuration import bundled, read_settings
from pipeline.runtime.coverage import Coverage, Entry, Status, load_coverage
from pipeline.runtime.coverage_checks import Tree, broken
from pipeline.runtime.norms import is_part_of

_COLUMNS = ("norm", "asks", "status", "code", "test, or why not")


def coverage(
    status: Annotated[
        list[Status] | None, typer.Option("--status", help="Only rows of this status; repeatable.")
    ] = None,
    law: Annotated[
        str | None,
        typer.Option("--law", help="Only of this instrument: kz-418-V, or 418."),
    ] = None,
    norm: Annotated[
        str | None, typer.Option("--norm", help="Only this norm and what is beneath it: 7-2(1).")
    ] = None,
    left_out: Annotated[
        bool, typer.Option("--left-out", help="Show the norms that ask nothing of the system.")
    ] = False,
    table: Annotated[
        Path | None, typer.Option("--table", help="Folder of the table; default: the bundled one.")
    ] = None,
    techniques: Annotated[
        bool,
        typer.Option("--techniques", help="Show what the table of labels knows instead."),
    ] = False,
    rules: RulePaths = None,
    events: Annotated[
        list[Path] | None,
        typer.Option("--events", help="With --techniques: records to find in; repeatable."),
    ] = None,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Print norm, requirement, status, code and test of each row; tell every row that is broken.

    With --techniques: what the table of labels answers over the rules, which ATT&CK techniques
    have no row in it, and what it answers over findings in given records.

    Example: saqshy law coverage --law 418 --norm 7-2 --status open
    """
    with told_errors():
        if techniques:
            _techniques(rules, events or [], config, as_json=json)
            return
        problems = _norms(_Asked(table, law, norm, status, left_out), as_json=json)
    if problems:
        stop(FOUND, f"{len(problems)} row(s) name what is not there")


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which rows are asked for."""

    table: Path | None
    law: str | None
    norm: str | None
    status: list[Status] | None
    left_out: bool


def _norms(asked: _Asked, *, as_json: bool) -> Sequence[Problem]:
    whole = load_coverage(asked.table or bundled("law") / "coverage")
    laws = _laws(asked.law, whole)
    chosen = [
        entry
        for entry in whole.entries
        if (not asked.status or entry.row.status in asked.status)
        and _about(entry.norms, laws, asked.norm)
    ]
    tree = Tree(Path(pipeline.__file__).resolve().parents[1], bundled("law").parent)
    problems = broken(whole, tree)
    omitted = _left_out(whole, laws, asked.norm) if asked.left_out else []
    if as_json:
        _emit(chosen, omitted, problems)
    else:
        _show(chosen, omitted, problems, tree)
    return problems


def _techniques(
    rules: list[Path] | None, events: list[Path], config: Path | None, *, as_json: bool
) -> None:
    settings = read_settings(config)
    content, pack = content_of(rules, settings), load_pack(settings.law.pack)
    repeat = settings.content.repeat_seconds * NANOSECONDS
    find = FoundLabels(content, taxonomy_of(settings), pack, repeat)
    show_techniques(content, pack, [find(one.name, [one]) for one in events], as_json=as_json)


def _laws(law: str | None, whole: Coverage) -> frozenset[str]:
    known = frozenset(whole.instruments)
    found = frozenset(one for one in known if law is None or law.casefold() in one.casefold())
    if not found:
        problem = Problem(
            "--law", 0, f"no instrument {law!r}", f"known: {', '.join(sorted(known))}"
        )
        raise ConfigurationError([problem])
    return found


def _left_out(whole: Coverage, laws: frozenset[str], norm: str | None) -> list[tuple[str, str]]:
    return [
        (one, omission.reason)
        for omission in whole.left_out
        for one in omission.norms
        if _about((one,), laws, norm)
    ]


def _about(norms: Sequence[str], laws: frozenset[str], norm: str | None) -> bool:
    """Tell whether a row is about an instrument, and about a norm or what is beneath it."""
    split = [one.partition("/") for one in norms]
    wanted = (norm or "").rpartition("/")
    return any(
        law in laws and wanted[0] in ("", law) and (norm is None or is_part_of(article, wanted[2]))
        for law, _, article in split
    )


def _emit(
    chosen: Sequence[Entry], omitted: Sequence[tuple[str, str]], problems: Sequence[Problem]
) -> None:
    for entry in chosen:
        row = entry.row.model_dump(mode="json", exclude={"norm"}, exclude_defaults=True)
        place = {"digest": entry.digest, "heading": entry.heading}
        emit({"norms": entry.norms, **row, **place, "file": entry.file, "line": entry.line})
    for norm, reason in omitted:
        emit({"norms": [norm], "status": "left_out", "reason": reason})
    emit({"summary": _counted(chosen), "broken": [str(problem) for problem in problems]})


def _counted(chosen: Sequence[Entry]) -> Json:
    counts = Counter((entry.instrument, entry.row.status.value) for entry in chosen)
    laws = dict.fromkeys(entry.instrument for entry in chosen)
    return {law: {one.value: counts[law, one.value] for one in Status} for law in laws}


def _show(
    chosen: Sequence[Entry],
    omitted: Sequence[tuple[str, str]],
    problems: Sequence[Problem],
    tree: Tree,
) -> None:
    if chosen:
        show_table(f"{len(chosen)} rows", _COLUMNS, [_cells(entry) for entry in chosen])
    if omitted:
        show_table("left out", ("norm", "because"), omitted)
    statuses = [one.value for one in Status]
    counted = _counted(chosen)
    rows = [(law, *(str(counts[one]) for one in statuses)) for law, counts in counted.items()]
    show_table("rows by law and status", ("law", *statuses), rows)
    if not tree.is_checkout:
        say("tests are not installed, so that only code and data were looked for")
    for problem in problems:
        say(str(problem))


def _cells(entry: Entry) -> tuple[str, ...]:
    row = entry.row
    why = [row.reason] if row.reason else []
    return (
        f"{entry.instrument}/{row.norm}",
        row.requirement,
        row.status.value,
        "\n".join([*row.code, *(f"by {key}" for key in row.configuration)]),
        "\n".join([*row.test, *why]),
    )
