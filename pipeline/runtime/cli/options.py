"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="Settings file; default: saqshy.yml here, else bundled."),
]
Store = Annotated[
    Path | None, typer.Option("--store", help="Store to read; default: the settings' store.")
]
AsJson = Annotated[bool, typer.Option("--json", help="NDJSON instead of a table.")]
