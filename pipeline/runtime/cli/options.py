"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.settings import Settings

Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="Settings file; default: saqshy.yml here, else bundled."),
]
Told = Annotated[
    Path | None,
    typer.Option("--clock", help="File that tells a story's time, for demonstrations."),
]
Store = Annotated[
    Path | None, typer.Option("--store", help="Store to read; default: the settings' store.")
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, max=64, help="Processes that read and match; default: the settings'."),
]
AsJson = Annotated[bool, typer.Option("--json", help="NDJSON instead of a table.")]


def with_workers(settings: Settings, workers: int | None) -> Settings:
    """Give settings with another number of matching processes, where one was named."""
    return settings if workers is None else settings.model_copy(update={"workers": workers})
