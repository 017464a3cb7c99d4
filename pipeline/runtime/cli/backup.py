"""`saqshy backup`: a copy of everything that the standalone system keeps, which proves itself."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.model import rfc3339
from pipeline.runtime.backup import Backup, make_backup, read_backup
from pipeline.runtime.checkpoint_keys import trusted
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import emit, say, stop, told_errors
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.reading import in_cluster

if TYPE_CHECKING:
    from pipeline.runtime.cluster.indices_kept import IndicesKept


def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is not there yet.")],
    config: Config = None,
    store: Store = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Make none: verify the one that is in DIR.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Back the store up, with evidence and waiting commands, while the system runs.

    The copy's pages, checksums, audit chains and checkpoints are verified before it counts.
    Settings, keys and rules are files of yours and not in it. Where the settings name a cluster it
    is a snapshot of Elasticsearch, DIR lies in a folder under its nodes' path.repo, and Kafka has
    the rest (saqshy cluster rebuild).
    Example: saqshy backup /backup/saqshy/2026-11-22
    """
    with told_errors():
        settings = read_settings(config)
        if in_cluster(settings, store):
            from pipeline.runtime.cluster import indices_kept  # noqa: PLC0415 (an extra)

            way = indices_kept.look_at_snapshot if verify else indices_kept.take_snapshot
            tell_snapshot(folder, way(settings, folder), as_json=json)
            return
        keys = trusted(settings.audit)
        if verify:
            tell(folder, read_backup(folder, keys), as_json=json, what="verified")
            return
        try:
            made = make_backup(store or settings.store.path, folder, time.time_ns(), keys)
        except FileExistsError:
            stop(2, f"{folder} is there already: name a new folder")
        tell(folder, made, as_json=json, what="made and verified")


def tell(folder: Path, made: Backup, *, as_json: bool, what: str) -> None:
    """Tell of a backup."""
    if as_json:
        emit(
            {
                "folder": str(folder),
                "made_at": rfc3339(made.made_at),
                "files": len(made.files),
                "bytes": made.bytes,
                "entries": made.entries,
                "checkpoints": made.checkpoints,
            }
        )
    else:
        say(
            f"{folder}: {what}: {len(made.files)} file(s), {made.bytes} bytes,"
            f" {made.entries} audit entries, as of {rfc3339(made.made_at)}"
        )


def tell_snapshot(folder: Path, kept: "IndicesKept", *, as_json: bool) -> None:
    """Tell of a snapshot that was taken, looked at or brought back."""
    if as_json:
        emit(
            {
                "folder": str(folder),
                "snapshot": kept.name,
                "indices": kept.indices,
                "entries": kept.entries,
            }
        )
        return
    verified = "" if kept.entries is None else f", {kept.entries} audit entries verified"
    say(f"{folder}: snapshot {kept.name}: {kept.indices} indices{verified}")
