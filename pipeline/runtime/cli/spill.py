"""`saqshy spill list|confirm|release|purge|verify`: records that must not be kept."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from connectors.stores.sqlite import open_sqlite
from pipeline.errors import ConfigurationError, Problem
from pipeline.incidents.silences import who
from pipeline.model import AuditEntry, Json
from pipeline.ports import Stores
from pipeline.runtime.cli.commanding import As, Reason, Wait, command, give, tell
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import (
    FOUND,
    emit,
    say,
    show_table,
    stop,
    to_the_second,
    told_errors,
)
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.reading import one_machine, reading
from pipeline.runtime.spill_decisions import CONFIRM, RELEASE, ROLES
from pipeline.runtime.spill_purge import PURGED, Purge, remains
from pipeline.runtime.spill_records import RECORDED
from pipeline.runtime.spill_search import Search
from pipeline.settings import Settings

spill = typer.Typer(
    help="Records that bear a secrecy mark: decide, remove, prove.", no_args_is_help=True
)
Record = Annotated[str, typer.Argument(help="The record's id, as spill list gives it.")]
TOPICS = "topics and indices let go of records by their retention: deploy/kafka, saqshy retention"
_DECIDED = {
    "spill_confirmed": "confirmed",
    "spill_released": "released",
    PURGED: "purged",
}


@spill.command("list")
def list_spills(config: Config = None, store: Store = None, json: AsJson = False) -> None:
    """List the records whose content was not kept, and what people decided of them.

    Example: saqshy spill list
    """
    with told_errors(), reading(config, store) as stores:
        rows = list(_listed(stores))
        if json:
            for row in rows:
                emit(row)
            return
        columns = ("record", "object", "source", "received", "why", "decided")
        cells = [
            (
                str(row["record"]),
                str(row["object"]),
                str(row["source"]),
                to_the_second(int(str(row["at"]))),
                str(row["kind"]),
                str(row["decided"]),
            )
            for row in rows
        ]
        show_table(f"{len(rows)} record(s)", columns, cells)


@spill.command("confirm")
def confirm(
    record: Record,
    whom: As,
    reason: Reason,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Say as a cleared person that a record that was held back was a spill.

    Example: saqshy spill confirm 3f0a…-4 --as regime_officer/a.serik --reason "mark seen, act 12"
    """
    _decide(CONFIRM, record, (whom, reason), {}, (config, store, wait), as_json=json)


@spill.command("release")
def release(
    record: Record,
    whom: As,
    reason: Reason,
    records: Annotated[int, typer.Option("--records", help="How many records may pass.")] = 1,
    minutes: Annotated[int, typer.Option("--minutes", help="Within how many minutes.")] = 60,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Say as a cleared person that a suspected record bears no mark: its sender may send again.

    So many suspected records of its source are taken then; one with a valid mark never is.
    Example: saqshy spill release 3f0a…-4 --as regime_officer/a.serik --reason "class of service"
    """
    detail: dict[str, object] = {"records": records, "minutes": minutes}
    _decide(RELEASE, record, (whom, reason), detail, (config, store, wait), as_json=json)


@spill.command("purge")
def purge(
    records: Annotated[list[str], typer.Argument(help="Ids of events or of held records.")],
    whom: As,
    reason: Reason,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Remove records' content from all that this system keeps, and search for what is left.

    The system must be stopped. Copies that nobody reaches from here are named. Ends with 1 where
    the search found anything.
    Example: saqshy spill purge 3f0a…-4 --as regime_officer/a.serik --reason "act 12 of 3 March"
    """
    with told_errors():
        actor = _cleared(whom, reason)
        settings = read_settings(config)
        with _writing(settings, store) as (stores, path):
            act = Purge(stores, settings, path)
            done = [act(one, actor, reason, time.time_ns()) for one in records]
        for one in done:
            if json:
                emit({"record": one.event_id, **one.document()})
                continue
            removed = ", ".join(f"{place} {n}" for place, n in sorted(one.removed.rows.items()))
            say(f"{one.event_id}: removed from {removed or 'nothing'}")
            looked = one.searched
            say(f"searched {looked.rows} rows and {looked.files} files for {one.pieces} pieces")
            for hit in sorted(looked.hits, key=str):
                say(f"still found in {hit.place}: {hit.of}")
            for unread in looked.unread:
                say(f"not read: {unread}")
            for copy in one.unreached:
                say(f"not reached: {copy}")
        left = sum(not one.proven for one in done)
        if left:
            stop(FOUND, f"{left} record(s) not proven to be gone")


@spill.command("verify")
def verify(
    record: Record,
    phrases: Annotated[
        Path | None, typer.Option("--phrases", help="What to seek, one a line; - reads stdin.")
    ] = None,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Prove that a record is gone: by its id, and by a search for phrases that a person knows.

    The system must be stopped. Phrases are kept nowhere; give them on standard input.
    Example: saqshy spill verify 3f0a…-4 --phrases - < phrases.txt
    """
    with told_errors():
        settings = read_settings(config)
        text = ""
        if phrases is not None:
            text = sys.stdin.read() if str(phrases) == "-" else phrases.read_text("utf-8")
        sought = [line.strip() for line in text.splitlines() if line.strip()]
        with _writing(settings, store) as (stores, path):
            hits = set(remains(stores.carriers, record))
            looked = Purge(stores, settings, path).searched(Search(sought))
        hits |= looked.hits
        found = sorted(f"{hit.place}: {hit.of}" for hit in hits)
        if json:
            told = {"record": record, "found": found, "unread": looked.unread}
            emit({**told, "phrases": len(sought), "rows": looked.rows, "files": looked.files})
        for one in found:
            say(f"found in {one}")
        if found or looked.unread:
            stop(FOUND, "not proven to be gone")
        if not json:
            say(f"{record} is gone: {looked.rows} rows and {looked.files} files searched")


def _listed(stores: Stores) -> Iterator[Json]:
    decided: dict[str, str] = {}
    recorded: list[AuditEntry] = []
    for entry in stores.audit.read("administration"):
        if entry.kind == RECORDED:
            recorded.append(entry)
        elif entry.kind in _DECIDED:
            decided[entry.subject] = _DECIDED[entry.kind]
    known = set()
    for entry in recorded:
        for kind, indexes in entry.detail["records"].items():
            for index in indexes:
                name = f"{entry.subject}-{index}"
                known.add(name)
                place = {"object": entry.detail["object"], "source": entry.detail["source"]}
                state = decided.get(name, "open" if kind == "suspected" else "")
                yield {"record": name, **place, "at": entry.at, "kind": kind, "decided": state}
    for name, state in sorted(decided.items()):
        if name not in known:
            yield {
                "record": name,
                "object": "",
                "source": "",
                "at": 0,
                "kind": "",
                "decided": state,
            }


def _decide(
    name: str,
    record: str,
    asked_by: tuple[str, str],
    detail: dict[str, object],
    where: tuple[Path | None, Path | None, float],
    *,
    as_json: bool,
) -> None:
    config, store, wait = where
    with told_errors():
        settings = read_settings(config)
        asked = command(name, *asked_by, {"record": record, **detail})
        entry = tell(asked, give(settings, store, asked, wait), as_json=as_json)
        if not as_json:
            say(f"{entry.subject}: {_DECIDED[entry.kind]}")


def _cleared(whom: str, reason: str) -> str:
    """Give the actor; ConfigurationError where the role may not do this or a reason is missing."""
    asked = command(PURGED, whom, reason, {})
    problems = [Problem("--as", 0, one) for one in who(asked.role, asked.author, reason, ROLES)]
    if problems:
        raise ConfigurationError(problems)
    return asked.actor


@contextmanager
def _writing(settings: Settings, store: Path | None) -> Iterator[tuple[Stores, Path]]:
    """Open the store as its only user; StoreError where a system is running on it."""
    path = one_machine(settings, store, "spill", TOPICS)
    if not path.is_file():
        raise ConfigurationError([Problem(str(path), 0, "there is no store", "see store.path")])
    stores = open_sqlite(path)
    try:
        yield stores, path
    finally:
        stores.database.close()
