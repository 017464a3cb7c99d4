"""`saqshy audit notices`: which notices were due, by history alone, and what became of them."""

import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from pipeline.audit import Discrepancy
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import as_document, from_json, instant
from pipeline.runtime.auditor import Auditor
from pipeline.runtime.auditor_owed import OwedNotice, owed_notices
from pipeline.runtime.auditor_wiring import make_auditor
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
from pipeline.runtime.clocks import SystemClock
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.reading import in_cluster
from pipeline.settings import Settings


def audit_notices(
    incident: Annotated[
        str | None, typer.Option("--incident", help="One incident: also shows what it owes.")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="Judge lateness as of this time (RFC 3339).")
    ] = None,
    settle: Annotated[
        float,
        typer.Option(
            "--settle", min=0.0, help="In a cluster: seconds until what does not fit counts."
        ),
    ] = 30.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Recompute which notices were due, to whom and until when, and compare with the outbox.

    Remembers nothing and shares no code with the router. Exit code 1 where something is wrong.
    Where the settings name a cluster its history is read: as the user of the role auditor.
    Example: saqshy audit notices --at 2026-03-02T21:00:00+05:00
    """
    with told_errors(), tempfile.TemporaryDirectory() as folder:
        settings = read_settings(config)
        now = _instant(at) if at else SystemClock().now()
        auditor = _auditor(settings, store, Path(folder) / "state.db", settle)
        try:
            auditor.look(now, everything=True)
            if auditor.settling.waiting():  # what does not fit may be on its way to the store
                say(f"something does not fit yet: looked at again in {auditor.settling.seconds} s")
                time.sleep(auditor.settling.seconds)
                auditor.look(now)
            alarms = [from_json(Discrepancy, one.data) for one in auditor.state.alarms()]
            owed = owed_notices(auditor, incident) if incident else []
        finally:
            auditor.close()
        found = [one for one in alarms if incident in (None, one.incident_id)]
        if json:
            for due in owed:
                emit({"owed": as_document(due)})
            for one in found:
                emit({"alarm": as_document(one)})
        else:
            _show(owed, found)
        if found:
            stop(FOUND, f"{len(found)} discrepancy(ies)")
        say("every notice that was due is as it was owed")


def _auditor(settings: Settings, store: Path | None, state: Path, settle: float) -> Auditor:
    if not in_cluster(settings, store):
        return make_auditor(settings, store or settings.store.path, state, overdue=False)
    from pipeline.runtime.cluster.auditing import make_cluster_auditor  # noqa: PLC0415 (an extra)

    return make_cluster_auditor(settings, state, settle=settle, overdue=False)


def _instant(text: str) -> int:
    try:
        return instant(text)
    except ValueError as error:
        problem = Problem("--at", 0, str(error), "write 2026-03-02T21:00:00+05:00")
        raise ConfigurationError([problem]) from error


def _show(owed: list[OwedNotice], found: list[Discrepancy]) -> None:
    if owed:
        rows = [
            (one.leg, f"{one.role} {one.party}", str(one.revision), to_the_second(one.due_at),
             one.basis, one.disclosure, one.state)
            for one in owed
        ]  # fmt: skip
        columns = ("leg", "to", "revision", "due", "basis", "says", "stands")
        show_table(f"{len(owed)} notice(s) owed", columns, rows)
    if found:
        told = [
            (
                one.kind,
                one.what,
                one.incident_id[:12],
                one.said,
                to_the_second(one.since),
                one.basis,
            )
            for one in found
        ]
        show_table(
            f"{len(found)} discrepancy(ies)",
            ("kind", "what", "incident", "said", "since", "basis"),
            told,
        )
