"""Settings of a listener to its source; sources know no formats, so what cuts records goes in."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from connectors.sources.archive import ArchiveSource
from connectors.sources.files import FileSource, Framer
from connectors.sources.folder import FolderSource
from connectors.sources.http_intake import HttpIntake
from connectors.sources.syslog_tcp import SyslogTcp
from connectors.sources.syslog_udp import SyslogUdp
from pipeline.errors import ConfigurationError, Problem
from pipeline.normalize import Framed, read_stream
from pipeline.normalize.framing.archive import members
from pipeline.ports import Source
from pipeline.settings import ListenerSettings


def make_source(listener: ListenerSettings, record_bytes: int) -> Source:
    """Make the source of one listener; nothing is opened yet."""
    if listener.path is not None:
        return _local_source(listener, listener.path, framer(record_bytes, listener.format))
    if listener.kind == "http":
        lines = partial(read_stream, format="syslog", record_bytes=record_bytes)
        split = partial(read_stream, format=listener.format or "auto", record_bytes=record_bytes)
        return HttpIntake(listener, split, lines, record_bytes)
    if listener.kind == "kafka":
        return _kafka_source(listener, record_bytes)
    if listener.kind == "syslog_udp":
        return SyslogUdp(listener)
    return SyslogTcp(listener, record_bytes)


def _local_source(listener: ListenerSettings, path: Path, frame: Framer) -> Source:
    name, form = listener.name, listener.format
    if listener.kind == "folder":
        return FolderSource(name, path, frame, listener.pattern, form, follow=listener.follow)
    if listener.follow:
        return FileSource(name, path, frame, form, follow=True)
    return ArchiveSource(name, path, frame, members, form)


def _kafka_source(listener: ListenerSettings, record_bytes: int) -> Source:
    try:
        from connectors.sources.kafka_topic import KafkaTopic  # noqa: PLC0415 (an extra)
    except ImportError as error:
        way_out = "pip install 'saqshy[kafka]'"
        place = f"settings: listeners.{listener.name}"
        problem = Problem(place, 0, f"kind kafka needs a package that is absent: {error}", way_out)
        raise ConfigurationError([problem]) from error
    if listener.kafka is None:
        problem = Problem(f"settings: listeners.{listener.name}", 0, "needs kafka", "add kafka")
        raise ConfigurationError([problem])
    split = partial(read_stream, format=listener.format or "auto", record_bytes=record_bytes)
    return KafkaTopic(listener, listener.kafka, split, record_bytes)


def framer(record_bytes: int, form: str) -> Framer:
    """Give what cuts a file of a format into records; sources do not know formats."""

    def frame(stream: BinaryIO, position: int, header: int) -> Iterator[Framed]:
        return read_stream(stream, form or "auto", record_bytes, position, header)

    return frame
