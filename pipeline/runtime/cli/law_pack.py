"""What the commands about the law share: which pack, which overlay, which registry, which day."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from pipeline.assess import Pack, load_pack
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import instant
from pipeline.notify.texts import LANGUAGES
from pipeline.registry.moments import LATEST, midnight, zone_named
from pipeline.runtime.configuration import read_settings

PackFolder = Annotated[
    Path | None, typer.Option("--pack", help="Folder of the law pack; default: the settings' pack.")
]
OverlayFolder = Annotated[
    Path | None,
    typer.Option(
        "--overlay", help="Folder of your own rows over it; default: the settings' overlay."
    ),
]
RegistryPath = Annotated[
    Path | None,
    typer.Option("--registry", help="Registry file or folder; default: the settings' registry."),
]
Language = Annotated[str, typer.Option("--language", help="kk, ru or en.")]


def read_pack(folder: Path | None, overlay: Path | None, config: Path | None) -> Pack:
    """Read the pack of the options; the settings' overlay lies over the settings' pack alone."""
    if folder is not None:
        return load_pack(folder, overlay)
    law = read_settings(config).law
    return load_pack(law.pack, overlay if overlay is not None else law.overlay)


def pack_path(folder: Path | None, config: Path | None) -> Path:
    """Give the folder of the options' pack."""
    return folder if folder is not None else read_settings(config).law.pack


def registry_paths(path: Path | None, config: Path | None) -> Sequence[Path]:
    """Give the files or folders of the options' registry."""
    return [path] if path is not None else read_settings(config).registry


def spoken(language: str) -> str:
    """Give a language of the options; ConfigurationError where we do not speak it."""
    if language not in LANGUAGES:
        problem = Problem("--language", 0, f"no language {language!r}", "write kk, ru or en")
        raise ConfigurationError([problem])
    return language


def day_of(at: str | None, pack: Pack) -> int:
    """Give the instant of ``--at``: a day of the pack's zone, or a time; without it no end."""
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
