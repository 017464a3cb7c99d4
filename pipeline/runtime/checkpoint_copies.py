"""Checkpoints that are known from elsewhere, read from files: tokens, or heartbeats that bear them.

A line is a token, or a JSON object whose key ``checkpoint`` holds one, as an auditor's heartbeat
has it (``saqshy-heartbeat-1``) and the coordination centre keeps it.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from pipeline.errors import ConfigurationError, Problem
from pipeline.incidents.checkpoint_chain import Signed
from pipeline.incidents.checkpoints import read_token

_OUT = "give a token, or a heartbeat, on each line"


def copies(paths: Iterable[Path], signed: Signed | None) -> tuple[dict[int, str], list[str]]:
    """Give tokens by number, and what is doubtful in them: two of one number, another's signature.

    ConfigurationError with every line that holds no checkpoint.
    """
    known: dict[int, str] = {}
    doubts: list[str] = []
    problems: list[Problem] = []
    for path, line, text in _lines(paths):
        try:
            token = read_token(text)
        except ValueError as error:
            problems.append(Problem(str(path), line, f"is no checkpoint: {error}", _OUT))
            continue
        number = token.statement.number
        place = f"{path}:{line}: checkpoint {number}"
        if known.setdefault(number, text) != text:
            doubts.append(f"{place}: another one of this number is known as well")
        if signed is not None and token.signed and not signed(text):
            doubts.append(f"{place}: its signature is not by a key that is trusted")
    if problems:
        raise ConfigurationError(problems)
    return known, doubts


def _lines(paths: Iterable[Path]) -> Iterator[tuple[Path, int, str]]:
    for path in paths:
        try:
            data = path.read_bytes()
        except OSError as error:
            what = f"cannot be read: {error.strerror}"
            raise ConfigurationError([Problem(str(path), 0, what, "check --checkpoint")]) from error
        for number, line in enumerate(data.splitlines(), 1):
            text = _token(line.strip())
            if text is not None:
                yield path, number, text


def _token(line: bytes) -> str | None:
    """Give a line's token; None for none (a heartbeat from before the first), "" for nonsense."""
    if not line.startswith(b"{"):
        return line.decode(errors="replace") or None
    try:
        token = orjson.loads(line)["checkpoint"]
    except (ValueError, KeyError):
        return ""
    return None if token is None else str(token)
