"""Sources: how records come in; each implements ``pipeline.ports.Source``."""

from connectors.sources.files import FileSource
from connectors.sources.http_intake import HttpIntake
from connectors.sources.memory import MemorySource
from connectors.sources.syslog_tcp import SyslogTcp
from connectors.sources.syslog_udp import SyslogUdp

__all__ = ["FileSource", "HttpIntake", "MemorySource", "SyslogTcp", "SyslogUdp"]
