"""Log lines: structured, bounded, harmless to a terminal, without secrets and content."""

import io
import json
import logging
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from pipeline.errors import StoreError
from pipeline.runtime.logs import (
    MOST_CHARACTERS,
    MOST_ITEMS,
    WITHHELD,
    in_words,
    set_up_logging,
)
from pipeline.settings import LogSettings

pytestmark = pytest.mark.usefixtures("logs_kept")


def logged(**values: Any) -> dict[str, Any]:
    """Log one line as JSON and read it back."""
    stream = io.StringIO()
    set_up_logging(LogSettings(json_lines=True), stream)
    structlog.get_logger("test").warning("something.happened", **values)
    (line,) = stream.getvalue().splitlines()
    result: dict[str, Any] = json.loads(line)
    return result


def test_a_line_is_json() -> None:
    """A line says when, how bad, by whom and what, with its values as they are."""
    line = logged(listener="udp", count=3, share=0.5, on=True, none=None)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "something.happened",
        "level": "warning",
        "logger": "test",
        "listener": "udp",
        "count": 3,
        "share": 0.5,
        "on": True,
        "none": None,
    }


@pytest.mark.parametrize(
    "name",
    ["password", "api_key", "bot_token", "tokens", "Authorization", "cookie", "client_secret"],
)
def test_secrets_by_name(name: str) -> None:
    """A value under a secret's name is withheld, nested or not, whatever its type."""
    assert logged(**{name: "hunter2"})[name] == WITHHELD
    assert logged(settings={"smtp": {name: 12345}})["settings"] == {"smtp": {name: WITHHELD}}


def test_secrets_by_type() -> None:
    """A value that is declared secret is withheld under any name."""
    assert logged(where=[SecretStr("hunter2")])["where"] == [WITHHELD]


@pytest.mark.parametrize("name", ["record", "records", "payload", "original", "body"])
def test_content_is_withheld(name: str) -> None:
    """What a record or a notice says does not get into a log; how many they are does."""
    assert logged(**{name: "secret plan"})[name] == WITHHELD
    assert logged(**{name: [b"secret plan"]})[name] == WITHHELD
    assert logged(**{name: 500})[name] == 500


def test_bytes_are_counted() -> None:
    """Bytes are told by their number."""
    assert logged(data=b"\xff" * 40)["data"] == "[40 bytes]"


def test_values_are_bounded() -> None:
    """Long texts, long lists and deep nesting are cut."""
    line = logged(
        long="x" * 10_000, many=list(range(1000)), deep={"a": {"b": {"c": {"d": "e" * 9999}}}}
    )
    assert line["long"] == "x" * MOST_CHARACTERS + "… (10000 characters)"
    assert line["many"] == list(range(MOST_ITEMS))
    assert len(json.dumps(line["deep"])) < 2 * MOST_CHARACTERS


@pytest.mark.parametrize("json_lines", [True, False], ids=["json", "console"])
def test_no_terminal_obeys(json_lines: bool) -> None:
    """Control characters, line ends and direction marks of hostile texts are shown as escapes."""
    stream = io.StringIO()
    set_up_logging(LogSettings(json_lines=json_lines), stream)
    hostile = "a\x1b[2Jb\r\nlevel=critical\u202ec\x00\ud800"
    structlog.get_logger("test").warning(hostile, user=hostile, **{"k\x1b": 1})
    logging.getLogger("library").warning("%s", hostile)
    text = stream.getvalue()
    assert text.count("\n") == 2
    assert all(char.isprintable() for char in text if char != "\n")
    assert "\\x1b[2J" in text.replace("\\\\", "\\")


def test_libraries_write_the_same_lines() -> None:
    """What a library logs is bounded and structured like ours."""
    stream = io.StringIO()
    set_up_logging(LogSettings(json_lines=True), stream)
    logging.getLogger("library").warning("got %s", "x" * 10_000, extra={"password": "hunter2"})
    line = json.loads(stream.getvalue())
    assert line["event"].endswith("(10004 characters)")
    assert (line["logger"], line["level"], line["password"]) == ("library", "warning", WITHHELD)


@pytest.mark.parametrize("json_lines", [True, False], ids=["json", "console"])
def test_errors_keep_their_trace(json_lines: bool) -> None:
    """An exception's trace is told, without the values of its variables."""
    stream = io.StringIO()
    set_up_logging(LogSettings(json_lines=json_lines), stream)

    def fail(hidden: str) -> None:
        raise ValueError(f"broken \x1b {len(hidden)}")

    try:
        fail("yranac"[::-1])
    except ValueError:
        structlog.get_logger("test").exception("it.broke")
    text = stream.getvalue()
    assert "test_errors_keep_their_trace" in text
    assert "ValueError: broken" in text
    assert "\x1b" not in text
    assert "canary" not in text


def test_level() -> None:
    """Lines below the level are not written, whoever writes them."""
    stream = io.StringIO()
    set_up_logging(LogSettings(level="warning"), stream)
    structlog.get_logger("test").info("quiet")
    logging.getLogger("library").info("quiet")
    assert stream.getvalue() == ""


def test_set_up_twice_writes_once() -> None:
    """Setting up again replaces what was set up before."""
    first, second = io.StringIO(), io.StringIO()
    set_up_logging(LogSettings(), first)
    set_up_logging(LogSettings(), second)
    structlog.get_logger("test").warning("once")
    assert (first.getvalue(), second.getvalue().count("once")) == ("", 1)


def test_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Lines go to standard error, and nothing to standard output."""
    set_up_logging(LogSettings())
    structlog.get_logger("test").warning("here")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "here" in captured.err


@pytest.mark.parametrize(
    ("error", "told"),
    [
        pytest.param(StoreError("the store is full"), "the store is full", id="ours"),
        pytest.param(OSError(28, "No space left"), "No space left", id="the-systems"),
        pytest.param(ValueError("invalid literal: 'CANARY'"), "ValueError", id="anothers"),
    ],
)
def test_what_broke_is_told_without_the_words_of_others(error: Exception, told: str) -> None:
    """Our own errors are told in their words; another's may quote the record, and is named only."""
    assert in_words(error) == told
