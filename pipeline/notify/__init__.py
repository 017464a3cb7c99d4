"""Notices: who is told what, when, in which words, and again until it is known to have come."""

from pipeline.notify.backoff import Backoff
from pipeline.notify.breaker import Breaker, Line
from pipeline.notify.changes import Told, told_after
from pipeline.notify.compose import Composer
from pipeline.notify.courier import Courier, freed, replayed
from pipeline.notify.late import Late
from pipeline.notify.letter import Letter
from pipeline.notify.limits import Bucket, Limit
from pipeline.notify.routing import Channels, Desk, notices_for
from pipeline.notify.texts import Texts, read_texts

__all__ = [
    "Backoff",
    "Breaker",
    "Bucket",
    "Channels",
    "Composer",
    "Courier",
    "Desk",
    "Late",
    "Letter",
    "Limit",
    "Line",
    "Texts",
    "Told",
    "freed",
    "notices_for",
    "read_texts",
    "replayed",
    "told_after",
]
