"""Logs on standard error: structured, bounded, harmless to terminals, without secrets."""

import logging
import re
import sys
import traceback
from collections.abc import Collection, Mapping
from itertools import islice
from typing import Any, TextIO

import structlog
from pydantic import SecretBytes, SecretStr
from structlog.typing import EventDict, WrappedLogger

from pipeline.errors import SaqshyError
from pipeline.settings import LogSettings

MOST_CHARACTERS = 500
MOST_OF_A_TRACE = 10_000
MOST_OF_A_NAME = 100
MOST_ITEMS = 20
DEPTH = 3
WITHHELD = "[withheld]"

# Names of values that must not be in a log, whatever they hold (whole words of a snake_case key).
_SECRET = re.compile(
    r"(^|_)(pass|passwd|password|passphrase|secret|token|credential|authorization|cookie|api_key|"
    r"private_key|signing_key|key_pem)s?(_|$)",
    re.IGNORECASE,
)
# What structlog hands from its loggers to its formatter.
_OWN = frozenset({"_record", "_from_structlog"})
# Records and payloads are content: they stay in the store.
_CONTENT = frozenset({"record", "records", "payload", "raw", "original", "body"})


def set_up_logging(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Send our logs and those of the libraries to standard error, one line each.

    JSON lines, or lines for people, from the given level. Values under the names of secrets and of
    records' content are withheld, and no character that a terminal would obey gets through; what
    an error's own message quotes stays, bounded.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        harmless,
    ]
    last: structlog.typing.Processor = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    if settings.json_lines:
        last = structlog.processors.JSONRenderer(sort_keys=True)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    root = logging.getLogger()
    for old in list(root.handlers):
        if isinstance(old.formatter, structlog.stdlib.ProcessorFormatter):
            root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    # Libraries tell every request at these levels; ours are counted in the metrics.
    for name in ("httpx", "httpcore", "uvicorn.access", "asyncio"):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )


def in_words(error: BaseException) -> str:
    """Say what broke: our own errors and the system's in their words, others by kind and place.

    The words of another's error may quote the record that it was about.
    """
    if isinstance(error, SaqshyError):
        return str(error)
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    places = traceback.extract_tb(error.__traceback__)
    where = f" in {places[-1].name}:{places[-1].lineno}" if places else ""
    return f"{type(error).__name__}{where}"


def harmless(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Bound every value, escape control characters, and withhold secrets and content."""
    told: EventDict = {}
    for key, value in event.items():
        if key in _OWN:
            told[key] = value
        else:
            told[_printable(key, MOST_OF_A_NAME)] = _value(key, value, 0)
    return told


def _value(key: str, value: Any, depth: int) -> Any:
    if isinstance(value, SecretStr | SecretBytes) or _SECRET.search(key):
        return WITHHELD
    if isinstance(value, bool | int | float | None):
        return value
    if key in _CONTENT:
        return WITHHELD
    if depth < DEPTH and isinstance(value, Mapping | list | tuple | set | frozenset):
        return _nested(value, depth + 1)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    trace = key == "exception"
    most = MOST_OF_A_TRACE if trace else MOST_CHARACTERS
    return _printable(str(value), most, keep="\n" if trace else "")


def _nested(value: Mapping[Any, Any] | Collection[Any], depth: int) -> Any:
    if isinstance(value, Mapping):
        some = islice(value.items(), MOST_ITEMS)
        return {_printable(str(k), MOST_OF_A_NAME): _value(str(k), v, depth) for k, v in some}
    return [_value("", item, depth) for item in islice(value, MOST_ITEMS)]


def _printable(text: str, most: int, keep: str = "") -> str:
    shown = text[:most]
    if not shown.isprintable():
        shown = "".join(
            char
            if char.isprintable() or char in keep
            else char.encode("unicode_escape", "surrogatepass").decode("ascii")
            for char in shown
        )
    return shown if len(text) <= most else f"{shown}… ({len(text)} characters)"
