"""Where a runtime's spool lies."""

import structlog

from connectors.stores.spool import DiskSpool
from pipeline.ports import Spool
from pipeline.settings import Settings

log = structlog.get_logger("saqshy.spool")


def open_spool(settings: Settings) -> Spool | None:
    """Open the spool, beside the store unless the settings say where; None where it has no room.

    What a kill left unfinished is cut off, and what is damaged set aside; both are told.
    """
    if not settings.spool.bytes:
        return None
    beside = settings.store.path.with_name(f"{settings.store.path.name}.spool")
    spool = DiskSpool(settings.spool.path or beside, settings.spool.bytes)
    if spool.cut:
        log.info("spool.cut", bytes=spool.cut)
    for path in spool.damaged:
        log.warning("spool.damaged", kept=str(path))
    return spool
