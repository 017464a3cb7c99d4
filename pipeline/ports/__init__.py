"""The ports: what the core asks of the outside, at most five methods each.

Every adapter has a sibling in memory, and both pass the same contract test. Adapters live in
``connectors/`` and are chosen by ``runtime/bootstrap`` alone.
"""

from pipeline.ports.observing import Clock, Telemetry
from pipeline.ports.sinks import Sink
from pipeline.ports.sources import Delivery, FeedPage, IndicatorFeed, Listening, Source
from pipeline.ports.stores import (
    WHATEVER,
    Added,
    AuditStore,
    Carriers,
    ContentStore,
    Database,
    DeadLetters,
    EventStore,
    IncidentStore,
    Journal,
    Outbox,
    SourceTail,
    Spool,
    Spooled,
    StateStore,
    Stores,
    Trace,
    Turn,
)

__all__ = [
    "WHATEVER",
    "Added",
    "AuditStore",
    "Carriers",
    "Clock",
    "ContentStore",
    "Database",
    "DeadLetters",
    "Delivery",
    "EventStore",
    "FeedPage",
    "IncidentStore",
    "IndicatorFeed",
    "Journal",
    "Listening",
    "Outbox",
    "Sink",
    "Source",
    "SourceTail",
    "Spool",
    "Spooled",
    "StateStore",
    "Stores",
    "Telemetry",
    "Trace",
    "Turn",
]
