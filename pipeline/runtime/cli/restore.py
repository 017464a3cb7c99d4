"""`saqshy restore`: a verified backup in the store's place."""

import time
from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import ConfigurationError, Problem
from pipeline.runtime.backup import restore_backup
from pipeline.runtime.checkpoint_keys import trusted
from pipeline.runtime.cli.backup import tell, tell_snapshot
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import say, told_errors
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.reading import in_cluster
from pipeline.settings import Settings


def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A backup.")],
    config: Config = None,
    store: Annotated[
        Path | None, typer.Option("--store", help="Where to; default: the settings' store.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put a store that is there aside, and keep it.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Bring a backup back: all of it is verified first, and never over a running system's store.

    What left since the backup was made leaves again under the same ids: receivers know them. Where
    the settings name a cluster a snapshot of Elasticsearch comes back, where no index of ours is.
    Example: saqshy restore /backup/saqshy/2026-11-22 --replace
    """
    with told_errors():
        settings = read_settings(config)
        if in_cluster(settings, store):
            _snapshot(settings, folder, replace=replace, as_json=json)
            return
        to = store or settings.store.path
        aside = to.with_name(f"{to.name}.replaced-{time.time_ns()}") if replace else None
        made = restore_backup(folder, to, trusted(settings.audit), aside=aside)
        tell(folder, made, as_json=json, what=f"restored to {to}")
        if aside is not None and aside.exists() and not json:
            say(f"the store before it is kept as {aside}")


def _snapshot(settings: Settings, folder: Path, *, replace: bool, as_json: bool) -> None:
    if replace:
        way_out = "end saqshy indexer, delete our indices, then restore without it"
        what = "a cluster's indices are not put aside"
        raise ConfigurationError([Problem("--replace", 0, what, way_out)])
    from pipeline.runtime.cluster.indices_kept import bring_back  # noqa: PLC0415 (an extra)

    tell_snapshot(folder, bring_back(settings, folder), as_json=as_json)
