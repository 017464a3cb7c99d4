"""`saqshy metrics`: the catalogue of all time series that the processes show."""

from typing import Annotated

import typer

from pipeline.errors import ConfigurationError, Problem
from pipeline.runtime.catalogue import CATALOGUE, PROCESSES, page
from pipeline.runtime.cli.options import AsJson
from pipeline.runtime.cli.output import emit, show_table, told_errors

_COLUMNS = ("series", "kind", "labels", "shown by", "what")


def metrics(
    process: Annotated[
        str, typer.Option("--process", help=f"Only what it shows: {', '.join(PROCESSES)}.")
    ] = "",
    markdown: Annotated[
        bool, typer.Option("--markdown", help="The page deploy/prometheus/METRICS.md.")
    ] = False,
    json: AsJson = False,
) -> None:
    """List every time series that the processes show, with its labels and what it says.

    Example: saqshy metrics --process worker
    """
    with told_errors():
        if process and process not in PROCESSES:
            known = f"write one of {', '.join(PROCESSES)}"
            raise ConfigurationError([Problem("--process", 0, f"no process {process!r}", known)])
        if markdown:
            typer.echo(page(), nl=False)
            return
        chosen = [
            CATALOGUE[name]
            for name in sorted(CATALOGUE)
            if not process or process in CATALOGUE[name].shown_by
        ]
        if json:
            for one in chosen:
                emit(one)
            return
        rows = [
            (one.name, one.kind, ", ".join(one.labels), ", ".join(one.shown_by), one.help)
            for one in chosen
        ]
        show_table(f"{len(rows)} series", _COLUMNS, rows)
