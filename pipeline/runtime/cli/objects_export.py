"""`saqshy objects export`: the registry as files that read back to the same revision."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from pipeline.errors import ConfigurationError, Problem
from pipeline.registry import load_registry
from pipeline.registry.writing import as_ndjson, as_tables, as_yaml, registry_document
from pipeline.runtime.cli.objects_options import RegistryPath, registry_paths
from pipeline.runtime.cli.options import Config
from pipeline.runtime.cli.output import say, told_errors


def export_objects(
    form: Annotated[
        Literal["yaml", "csv", "ndjson"], typer.Option("--format", help="yaml, csv or ndjson.")
    ] = "yaml",
    out: Annotated[
        Path | None,
        typer.Option("--out", help="File, for csv a folder; default: standard output."),
    ] = None,
    registry: RegistryPath = None,
    config: Config = None,
) -> None:
    """Write every revision of objects and parties; the files load to the same revision.

    Example: saqshy objects export --format csv --out tables
    """
    with told_errors():
        document = registry_document(load_registry(registry_paths(registry, config)))
        if form == "csv":
            if out is None:
                problem = Problem("--out", 0, "csv is several tables", "name a folder")
                raise ConfigurationError([problem])
            out.mkdir(parents=True, exist_ok=True)
            for name, text in as_tables(document).items():
                (out / name).write_text(text, encoding="utf-8", newline="")
                say(f"wrote {out / name}")
            return
        text = as_yaml(document) if form == "yaml" else as_ndjson(document)
        if out is None:
            typer.echo(text, nl=False)
        else:
            out.write_text(text, encoding="utf-8")
            say(f"wrote {out}")
