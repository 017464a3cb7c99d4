"""Settings to an auditor: over the store of a running system, which it only reads."""

from pathlib import Path

from connectors.sinks.heartbeat_file import HeartbeatFolder
from connectors.sinks.heartbeat_https import HeartbeatSink
from connectors.sinks.pages_folder import PagesFolder
from connectors.stores.auditor_state import AuditorState
from connectors.stores.sqlite import open_sqlite
from connectors.stores.sqlite.trace import SqliteTrace
from pipeline.audit import Allowance
from pipeline.model import NANOSECONDS
from pipeline.ports import Clock
from pipeline.runtime.auditor import Auditor
from pipeline.runtime.auditor_process import AuditorProcess, Beating
from pipeline.settings import Settings

_OWN_LINES = ("ncc",)


def allowance(settings: Settings) -> Allowance:
    """Give what history does not say: how patient to be, and which lines there are."""
    notify = settings.notify
    return Allowance(
        at_once=int(settings.statistics.at_once_seconds * NANOSECONDS),
        skew=int(settings.auditor.skew_seconds * NANOSECONDS),
        lines={role: role for role in _OWN_LINES if getattr(notify, role) is not None},
        further=notify.fallback,
    )


def make_auditor(settings: Settings, store: Path, state: Path) -> Auditor:
    """Make an auditor of a store with its own memory; StoreError where there is none to read."""
    trace = SqliteTrace(store)
    content = open_sqlite(store, readonly=True).content
    return Auditor(
        trace, content, AuditorState(state), allowance(settings), settings.auditor.in_turn
    )


def make_process(settings: Settings, store: Path, clock: Clock) -> AuditorProcess:
    """Make the whole process; ConfigurationError where the line's files cannot be used."""
    auditor, notify = settings.auditor, settings.notify
    heart: Beating = (
        HeartbeatSink(notify.ncc) if notify.ncc is not None else HeartbeatFolder(auditor.heartbeats)
    )
    return AuditorProcess(
        auditor=make_auditor(settings, store, auditor.state),
        pages=PagesFolder(auditor.pages, settings.centre),
        heart=heart,
        clock=clock,
        centre=settings.centre,
        every_seconds=auditor.every_seconds,
        beat_seconds=auditor.heartbeat_seconds,
        full_seconds=auditor.full_seconds,
        wait=clock.wait,
    )
