"""`saqshy audit verify`: check the hash chains of a store or of an exported file, offline."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from pipeline.incidents.audit import verify
from pipeline.incidents.audit_export import export, verify_export
from pipeline.model import as_document
from pipeline.runtime.bootstrap import reading
from pipeline.runtime.cli.audit_notices import audit_notices
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import FOUND, USAGE, emit, say, stop, told_errors

audit = typer.Typer(help="Check and export the audit trail.", no_args_is_help=True)
audit.command("notices")(audit_notices)


@audit.command("verify")
def verify_audit(
    file: Annotated[
        Path | None, typer.Argument(help="An exported file; default: the store.")
    ] = None,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Verify every chain: each entry's hash, its link and its number.

    Example: saqshy audit verify audit.ndjson
    """
    with told_errors():
        if file is not None:
            with _opened(file) as lines:
                breaks = verify_export(lines)
        else:
            with reading(config, store) as stores:
                breaks = verify(stores.audit.read())
        for broken in breaks:
            if json:
                emit(as_document(broken))
            else:
                say(str(broken))
        if breaks:
            stop(FOUND, f"{len(breaks)} break(s): the trail was changed")
        say("the audit trail verifies")


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        with file.open("rb") as lines:
            yield lines
    except OSError as error:
        stop(USAGE, f"{file}: cannot be read: {error.strerror}")


@audit.command("export")
def export_audit(config: Config = None, store: Store = None) -> None:
    """Write every chain as NDJSON to standard output, for `audit verify` elsewhere.

    Example: saqshy audit export > audit.ndjson
    """
    with told_errors(), reading(config, store) as stores:
        for line in export(stores.audit.read()):
            sys.stdout.buffer.write(line)
