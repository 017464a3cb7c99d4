"""The command `saqshy normalize`."""

from pathlib import Path

import orjson
import pytest
import typer
from typer.testing import CliRunner

from pipeline.runtime.cli.normalize import normalize

AT = "2026-03-02T10:00:00Z"
WINDOWS = b'{"EventID": 1, "Channel": "x", "Computer": "dc"}'
LINES = b"<13>Mar  2 14:00:00 web01 app: text\n\n" + WINDOWS + b"\nnone\n"


def run(*arguments: str, given: bytes = b"") -> tuple[int, list[dict[str, object]], str]:
    """Run the command; give its exit code, its lines and its messages."""
    app = typer.Typer()
    app.command()(normalize)
    result = CliRunner().invoke(app, list(arguments), input=given)
    lines = [orjson.loads(line) for line in result.stdout_bytes.splitlines()]
    return result.exit_code, lines, result.stderr


def test_each_record_is_a_line(tmp_path: Path) -> None:
    """One line a record comes out, in order and with its index, and a failure makes exit code 1."""
    path = tmp_path / "mixed.log"
    path.write_bytes(LINES)
    code, lines, said = run(str(path), "--at", AT)
    assert code == 1
    assert [line["index"] for line in lines] == [0, 1, 2]
    assert lines[0]["@timestamp"] == "2026-03-02T09:00:00Z"
    assert lines[1]["event"] == {
        "kind": "event", "code": "1", "dataset": "windows.x", "module": "windows",
    }  # fmt: skip
    failure = lines[2]["failure"]
    assert isinstance(failure, dict)
    assert failure["code"] == "unknown_format"
    assert "1 record(s)" in said


def test_standard_input_is_read() -> None:
    """Without a file, records come from standard input, and all well is exit code 0."""
    code, lines, said = run("--at", AT, "--zone", "UTC", given=LINES.splitlines()[0])
    assert (code, said) == (0, "")
    assert [line["@timestamp"] for line in lines] == ["2026-03-02T14:00:00Z"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "sylog"], "did you mean 'syslog'"),
        (["--zone", "Almaty/Asia"], "no zone 'Almaty/Asia'"),
        (["--at", "noon"], "--at:"),
    ],
)
def test_wrong_usage(arguments: list[str], said: str) -> None:
    """A wrong format, zone or time is exit code 2, with what would be right."""
    code, lines, message = run(*arguments, given=b"x\n")
    assert (code, lines) == (2, [])
    assert said in message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A file that cannot be read is exit code 3, with its path and the way out."""
    code, _, said = run(str(tmp_path / "absent"), "--at", AT)
    assert code == 3
    assert "absent" in said
    assert "check its path" in said


def test_many_records_keep_their_index() -> None:
    """The index counts through all batches."""
    code, lines, _ = run("--at", AT, given=b"<13>x\n" * 1201)
    assert code == 0
    assert [line["index"] for line in lines] == list(range(1201))


def test_a_longest_record_can_be_set() -> None:
    """A record beyond the given size is a failure that says how to allow it."""
    code, lines, _ = run("--at", AT, "--record-bytes", "1024", given=b"<13>" + b"x" * 2000)
    assert code == 1
    failure = lines[0]["failure"]
    assert isinstance(failure, dict)
    assert failure["code"] == "oversized"
    assert "batch.record_bytes" in failure["detail"]


def test_rows_are_read_by_their_header(tmp_path: Path) -> None:
    """Rows of a file, and of standard input, are read by the header that stands before them."""
    content = (
        b"#Fields: date time c-ip cs-uri\n2026-03-02 09:00:00 192.0.2.1 /a\n"
        b"#Fields: date time cs-uri c-ip\n2026-03-02 09:00:01 /b 192.0.2.2\n"
    )
    expected = ((0, "192.0.2.1", {"original": "/a"}), (1, "192.0.2.2", {"original": "/b"}))
    path = tmp_path / "ex.log"
    path.write_bytes(content)
    for arguments, given in (((str(path),), b""), ((), content)):
        code, lines, said = run(*arguments, "--at", AT, given=given)
        assert (code, said) == (0, "")
        seen = [(line["index"], line["source"], line["url"]) for line in lines]
        assert seen == [(n, {"ip": one, "address": one}, path) for n, one, path in expected]
