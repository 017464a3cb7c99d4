"""`saqshy init`: what it writes reads whole, also where its comments are taken up."""

import re
from pathlib import Path

from typer.testing import CliRunner

from pipeline.runtime.cli.app import app

TAKEN_UP = ("auditor", "statistics", "email", "webhook")


def test_what_the_template_shows_as_comment_is_read(tmp_path: Path) -> None:
    """Auditor, statistics and further channels need nothing but their comment signs removed."""
    folder = tmp_path / "centre"
    assert CliRunner().invoke(app, ["init", str(folder)]).exit_code == 0
    config = folder / "saqshy.yml"
    text = config.read_text(encoding="utf-8")
    begin, end = text.index("  # email:"), text.index("\nweb:")
    shown = re.sub(r"(?m)^(\s*)# ", r"\1", text[begin:end])
    assert all(f"{name}:" in shown for name in TAKEN_UP)
    config.write_text(text[:begin] + shown + text[end:], encoding="utf-8")
    (folder / "secrets").mkdir()
    for name in ("mail", "partner.hmac"):
        (folder / "secrets" / name).write_text("0123456789abcdef0123456789abcdef\n")
    done = CliRunner().invoke(app, ["check", "--config", str(config)])
    assert done.exit_code == 0, done.output
