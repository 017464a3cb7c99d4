"""The compiled forms of matching and reading answer as the plain ones do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.match import COMPILED
from tests.match.sigmahq import PROCESS, RULE_FOLDERS, lines_of

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not COMPILED, reason="the modules of matching are not compiled here")
def test_compiled_and_plain_matching_answer_alike(sigmahq_folder: Path, tmp_path: Path) -> None:
    """Both forms give the same findings, byte by byte, for real events and every SigmaHQ rule."""
    events = tmp_path / "events.ndjson"
    events.write_bytes(b"\n".join(lines_of(PROCESS, 9)) + b"\n")
    command = [sys.executable, "-m", "pipeline.runtime.cli", "match", str(events)]
    for name in RULE_FOLDERS:
        command += ["--rules", str(sigmahq_folder / name)]
    command += ["--cache", str(tmp_path / "cache")]
    told = []
    for pure in ("", "1"):
        environment = {**os.environ, "SAQSHY_PURE": pure}
        ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
        assert ran.returncode == 0, ran.stderr.decode()
        told.append(ran.stdout)
    assert told[0] == told[1]
    assert told[0].count(b"\n") > 50
