"""Which sources of an object were heard in a period, from its events; in bounded work."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from pipeline.correlate.presence import SourceRow
from pipeline.incidents.statistics import Period
from pipeline.model import instant
from pipeline.model.rows import Rows
from pipeline.ports import Stores
from pipeline.registry import ObjectRecord
from pipeline.runtime.chain import STATE_TYPES

MOST_READ = 5_000  # events of one object; a source that is not among them may still be
_SOURCE = '["source"'


@dataclass(frozen=True, slots=True)
class Heard:
    """How many sources were heard, and of how many it is not known."""

    sources: int = 0
    unsure: int = 0


def heard(stores: Stores, record: ObjectRecord, period: Period, known_at: int) -> Heard:
    """Count the registered sources whose events lie in a period and had come by an instant.

    A source that was last heard before the period was not heard in it. The rest is looked for among
    the object's events, the oldest first, and no further than ``MOST_READ``.
    """
    last = _last_heard(stores, record.id)
    sought = {one.id for one in record.sources if last.get(one.id, 0) >= period.begin}
    found: set[str] = set()
    read = 0
    if sought:
        for data in stores.events.search(record.id, period.begin, period.end, MOST_READ):
            read += 1
            told = orjson.loads(data)["saqshy"]
            if instant(told["received_at"]) <= known_at:
                found.add(told["source_id"])
            if sought <= found:
                break
    missing = len(sought - found)
    return Heard(len(sought & found), missing if read == MOST_READ else 0)


def _last_heard(stores: Stores, object_id: str) -> Mapping[str, int]:
    kept = stores.state.load(object_id)
    only = {key: data for key, data in kept.items() if key.startswith(_SOURCE)}
    rows = Rows(object_id, STATE_TYPES, only)
    return {parts[0]: row.heard_at for parts, row in rows.all(SourceRow, "source")}
