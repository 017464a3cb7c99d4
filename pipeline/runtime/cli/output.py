"""What every command shares: exit codes, streams, tables, errors in words.

Data goes to standard output, messages to standard error. Exit codes: 0 done, 1 done and something
was found wrong, 2 wrong usage or configuration, 3 something needed could not be reached.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.errors import ConfigurationError, DeliveryError, SaqshyError, SourceError, StoreError
from pipeline.model import NANOSECONDS, rfc3339

WIDE = 160  # columns, where no terminal says how wide it is
DONE, FOUND, USAGE, UNREACHED = 0, 1, 2, 3

messages = Console(stderr=True, highlight=False, soft_wrap=True)


def emit(document: Any) -> None:
    """Write one NDJSON line to standard output."""
    sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE))


def say(text: str) -> None:
    """Write a message for people to standard error; hostile text is shown, never interpreted."""
    messages.print(Text(printable(text)))


def printable(text: str) -> str:
    """Show control characters of hostile text as escapes, so that no terminal obeys them."""
    return "".join(
        char if char.isprintable() or char in "\n\t" else char.encode("unicode_escape").decode()
        for char in text
    )


def to_the_second(instant: int) -> str:
    """Write an instant (nanoseconds) for a table: RFC 3339 in UTC, whole seconds."""
    return rfc3339(instant - instant % NANOSECONDS)


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table to standard output; every cell is plain text."""
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    fitted_console().print(table)


def fitted_console() -> Console:
    """Give standard output for tables and trees: as wide as the terminal, or as ``COLUMNS``."""
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = max(console.width, WIDE)
    return console


def stop(code: int, text: str = "") -> NoReturn:
    """End the command with an exit code and, where given, a message."""
    if text:
        say(text)
    raise typer.Exit(code)


@contextmanager
def told_errors() -> Iterator[None]:
    """Turn Saqshy's own errors into a message and the exit code that INTERFACES.md gives them."""
    try:
        yield
    except ConfigurationError as error:
        for problem in error.problems:
            say(str(problem))
        stop(USAGE, f"{len(error.problems)} problem(s) found; nothing was changed")
    except (DeliveryError, SourceError, StoreError) as error:
        stop(UNREACHED, str(error))
    except SaqshyError as error:
        stop(FOUND, str(error))
    except OSError as error:
        stop(UNREACHED, f"{error.filename or 'the system'}: {error.strerror or error}")
