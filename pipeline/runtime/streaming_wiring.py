"""Streams of events put together: a line and a channel for each role, what fills them, what counts.

The coordination centre's stream takes the line of its notices where it has none of its own; another
role's needs one in the settings, else nothing is streamed to it and its lag is not counted.
"""

from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from connectors.sinks.event_stream import EventStreamSink, event_line
from pipeline.model import NANOSECONDS
from pipeline.notify.streaming import Bounds
from pipeline.ports import Clock, Sink, Stores, Telemetry
from pipeline.runtime.engine import Engine
from pipeline.runtime.knowledge import Knowledge
from pipeline.runtime.peering import join_peers
from pipeline.runtime.streaming import Streamer
from pipeline.runtime.streaming_content import Ruling, StreamContent
from pipeline.runtime.streaming_figures import StreamFigures
from pipeline.runtime.ways_out import ROLE_CHANNELS
from pipeline.settings import NccSettings, NotifySettings, Settings

CHANNEL = "stream-"


@dataclass(frozen=True, slots=True)
class Flow:
    """What streams stand on: the rules in force, their figures, and a channel for each role."""

    ruling: Ruling
    figures: StreamFigures
    channels: dict[str, str]


def stream_lines(settings: NotifySettings) -> dict[str, NccSettings]:
    """Give by role the line of its stream."""
    lines = dict(settings.streams.lines)
    for role, line in ROLE_CHANNELS.items():
        own: NccSettings | None = getattr(settings, line, None)
        if own is not None:
            lines.setdefault(role, own)
    return dict(sorted(lines.items()))


def make_flow(
    settings: Settings,
    stores: Stores,
    knowledge: Callable[[], Knowledge],
    metrics: CollectorRegistry,
    sinks: dict[str, Sink],
) -> Flow:
    """Make the sinks of all streams, beside others, which are closed where one cannot be made.

    ConfigurationError where a line's files cannot be used.
    """
    ruling, figures = Ruling(knowledge), StreamFigures(metrics)
    content = StreamContent(stores, ruling, settings.centre, figures.left_out)
    lines = stream_lines(settings.notify)
    try:
        for role, line in lines.items():
            sinks[CHANNEL + role] = EventStreamSink(CHANNEL + role, event_line(line), content)
    except BaseException:
        for sink in sinks.values():
            sink.close()
        raise
    return Flow(ruling, figures, {role: CHANNEL + role for role in lines})


def exchanged(
    settings: Settings,
    engine: Engine,
    knowledge: Callable[[], Knowledge],
    metrics: CollectorRegistry,
    sinks: dict[str, Sink],
) -> Streamer:
    """Join an engine to other centres, and make what streams to whom the law names.

    ConfigurationError where a line's files cannot be used; ``sinks`` are closed then.
    """
    engine.peering = join_peers(settings, engine.stores, knowledge, sinks)
    flow = make_flow(settings, engine.stores, knowledge, metrics, sinks)
    return make_streamer(settings, flow, engine.stores, engine.clock, engine.telemetry)


def make_streamer(
    settings: Settings, flow: Flow, stores: Stores, clock: Clock, telemetry: Telemetry
) -> Streamer:
    """Make what keeps the streams flowing, and show its lag."""
    asked = settings.notify.streams
    streamer = Streamer(
        stores=stores,
        rules=flow.ruling,
        clock=clock,
        telemetry=telemetry,
        channels=flow.channels,
        bounds=Bounds(asked.records, asked.bytes),
        linger=int(asked.seconds * NANOSECONDS),
    )
    flow.figures.watch(streamer.lags, clock.now)
    return streamer
