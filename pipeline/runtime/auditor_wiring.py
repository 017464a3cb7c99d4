"""Settings to an auditor: over the store of a running system, which it only reads."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

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
from pipeline.runtime.auditor_checkpoints import CheckpointLook
from pipeline.runtime.auditor_process import AuditorProcess, Beating
from pipeline.runtime.checkpoint_keys import trusted
from pipeline.settings import AuditSettings, Settings

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


def verifying(settings: AuditSettings) -> tuple[Ed25519PublicKey, ...]:
    """Give the public keys of checkpoints; ConfigurationError where one cannot be read."""
    keys = trusted(settings)
    raw = [key.raw_value for key in keys.keys] if keys is not None else []
    return tuple(
        key.public_key() if isinstance(key, Ed25519PrivateKey) else key
        for key in raw
        if isinstance(key, Ed25519PrivateKey | Ed25519PublicKey)
    )


def make_auditor(settings: Settings, store: Path, state: Path, *, overdue: bool = True) -> Auditor:
    """Make an auditor of a store with its own memory; StoreError where there is none to read.

    ``overdue``: alarm on a checkpoint that is; not where it judges as of another time than now.
    """
    keys = verifying(settings.audit)
    trace = SqliteTrace(store)
    content = open_sqlite(store, readonly=True).content
    memory = AuditorState(state)
    every = int(settings.audit.checkpoint_minutes * 60 * NANOSECONDS) if overdue else 0
    return Auditor(
        trace,
        content,
        memory,
        allowance(settings),
        settings.auditor.in_turn,
        CheckpointLook(trace, trace, memory, keys, every),
    )


def make_process(settings: Settings, store: Path, clock: Clock) -> AuditorProcess:
    """Make the whole process; ConfigurationError where the line's files cannot be used."""
    return process_of(make_auditor(settings, store, settings.auditor.state), settings, clock)


def process_of(auditor: Auditor, settings: Settings, clock: Clock) -> AuditorProcess:
    """Make the process around an auditor; ConfigurationError as above."""
    own, notify = settings.auditor, settings.notify
    heart: Beating = (
        HeartbeatSink(notify.ncc) if notify.ncc is not None else HeartbeatFolder(own.heartbeats)
    )
    return AuditorProcess(
        auditor=auditor,
        pages=PagesFolder(own.pages, settings.centre),
        heart=heart,
        clock=clock,
        centre=settings.centre,
        every_seconds=own.every_seconds,
        beat_seconds=own.heartbeat_seconds,
        full_seconds=own.full_seconds,
        wait=clock.wait,
    )
