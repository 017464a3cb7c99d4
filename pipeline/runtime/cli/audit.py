"""`saqshy audit verify` and `export`: the audit trail checked offline, and carried elsewhere."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from pipeline.errors import StoreError
from pipeline.incidents.audit_export import export, export_chain, verify_export
from pipeline.incidents.inclusion import Inclusion, inclusion
from pipeline.incidents.trail import Verified, verify_trail
from pipeline.model import AuditEntry, as_document
from pipeline.model.checkpoint import Checkpoint
from pipeline.ports import Stores
from pipeline.runtime.checkpoint_copies import copies
from pipeline.runtime.checkpoint_keys import Trusted, trusted
from pipeline.runtime.cli.audit_notices import audit_notices
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import (
    FOUND,
    USAGE,
    emit,
    say,
    stop,
    to_the_second,
    told_errors,
)
from pipeline.runtime.cli.reads import Basis, ReadAs, note_read
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.reading import in_cluster, reading
from pipeline.runtime.settled import SETTLING, checkpoints_by, entries_by
from pipeline.settings import AuditSettings

audit = typer.Typer(help="Check and export the audit trail.", no_args_is_help=True)
audit.command("notices")(audit_notices)


@audit.command("verify")
def verify_audit(
    file: Annotated[
        Path | None, typer.Argument(help="An exported file; default: the store.")
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            "--checkpoint", help="Checkpoints known from elsewhere: tokens or heartbeats, by line."
        ),
    ] = None,
    key: Annotated[
        list[Path] | None,
        typer.Option("--key", help="Public key (PEM) that signs checkpoints; beside the settings'"),
    ] = None,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Verify every chain and every checkpoint, and what each says of the other.

    A file is verified without settings or system: name the key.
    Example: saqshy audit verify audit.ndjson --key audit-signing.pub.pem --checkpoint ncc.ndjson
    """
    with told_errors():
        keys = _keys(key or [], config, settled=config is not None or not (file or store))
        known, doubts = copies(checkpoint or [], keys)
        if file is not None:
            with _opened(file) as lines:
                found = verify_export(lines, keys, known)
        else:
            with reading(config, store) as stores, stores.database.still():
                found = verify_trail(*_trail(config, store, stores), keys, known)
        _tell(found, doubts, len(known), as_json=json)


def _keys(more: list[Path], config: Path | None, *, settled: bool) -> Trusted | None:
    settings = read_settings(config).audit if settled else AuditSettings()
    return trusted(settings, more)


def _tell(found: Verified, doubts: list[str], known: int, *, as_json: bool) -> None:
    for broken in found.breaks:
        if as_json:
            emit(as_document(broken))
        else:
            say(str(broken))
    for doubt in doubts:
        say(doubt)
    last = found.last
    if as_json:
        emit(
            {
                "breaks": len(found.breaks) + len(doubts),
                "entries": found.entries,
                "covered": found.covered,
                "checkpoints": found.checkpoints,
                "signed": found.signed,
                "signatures_checked": found.keys,
                "compared_with_copies": known,
                "last": as_document(last) if last is not None else None,
            }
        )
    if found.breaks or doubts:
        count = len(found.breaks) + len(doubts)
        stop(FOUND, f"{count} break(s): the trail was changed, or is not the one that it should be")
    say(f"the audit trail verifies: {_under(found)}")


def _under(found: Verified) -> str:
    """Say how far what was found is proved, and by what."""
    last = found.last
    if last is None:
        return f"{found.entries} entries, under no checkpoint: who can write can make it anew"
    said = (
        f"{found.covered} of {found.entries} entries lie under checkpoint {last.number}"
        f" of {to_the_second(last.at)}"
    )
    if not found.signed:
        return f"{said}; nobody signed it: name audit.signing_key in the settings"
    if not found.keys:
        return f"{said}; its signature was not checked: name the key with --key"
    return f"{said}, and its signature holds"


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        with file.open("rb") as lines:
            yield lines
    except OSError as error:
        stop(USAGE, f"{file}: cannot be read: {error.strerror}")


@audit.command("export")
def export_audit(
    chain: Annotated[
        str | None,
        typer.Option("--chain", help="One chain alone, with its proof; others stay unnamed."),
    ] = None,
    config: Config = None,
    store: Store = None,
    whom: ReadAs = None,
    basis: Basis = None,
) -> None:
    """Write checkpoints and chains as NDJSON to standard output, for `audit verify` elsewhere.

    Example: saqshy audit export > audit.ndjson
    """
    with told_errors(), reading(config, store) as stores, stores.database.still():
        if chain is None:
            checkpoints, entries = _trail(config, store, stores)
            lines = export(entries, checkpoints)
        else:
            if stores.audit.head(chain) is None:
                stop(USAGE, f"no chain is named {chain!r}: it is an object's id or administration")
            last, covered = stores.checkpoints.last(), stores.checkpoints.covered()
            proof = inclusion(last, covered, chain) if last is not None else None
            lines = export_chain(_whole(stores.audit.read(chain), proof), proof)
        note_read(config, store, whom, basis, what="audit export", of=chain or "all")
        for line in lines:
            sys.stdout.buffer.write(line)


def _trail(
    config: Path | None, store: Path | None, stores: Stores
) -> tuple[Iterable[Checkpoint], Iterable[AuditEntry]]:
    """Give checkpoints and entries; of a cluster as far as they are whole by now."""
    checkpoints, entries = stores.checkpoints.read(), stores.audit.read()
    if store is not None or not in_cluster(read_settings(config), None):
        return checkpoints, entries
    settled = time.time_ns() - SETTLING
    return checkpoints_by(settled, checkpoints), entries_by(settled, entries)


def _whole(entries: Iterable[AuditEntry], proof: Inclusion | None) -> list[AuditEntry]:
    """Give the entries of a chain; StoreError where those that its proof covers are not all here.

    In a cluster the proof is the brokers' and the entries are what indexers have written.
    """
    held = list(entries)
    if proof is not None and (not held or held[-1].number < proof.head.number):
        there = held[-1].number if held else 0
        raise StoreError(
            f"{there} of {proof.head.number} covered entries are here: see that indexers run, and"
            " ask again (saqshy cluster status)"
        )
    return held


@audit.command("checkpoints")
def list_checkpoints(
    last: Annotated[int, typer.Option(min=1, help="How many, from the end.")] = 20,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Show the newest checkpoints; one token a line, to be kept where nobody here can write.

    Example: saqshy audit checkpoints --last 1 > checkpoint.jws
    """
    with told_errors(), reading(config, store) as stores, stores.database.still():
        newest = stores.checkpoints.last()
        after = max(newest.number - last, 0) if newest is not None else 0
        for one in stores.checkpoints.read(after):
            if json:
                emit({"number": one.number, "checkpoint": one.token})
            else:
                sys.stdout.buffer.write(one.token.encode() + b"\n")
        if newest is None:
            stop(FOUND, "there is no checkpoint yet: saqshy run makes them")
