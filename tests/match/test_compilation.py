"""The compiled form of matching serves only where it is that of the sources, and answers alike."""

import json
import os
import subprocess
import sys
from hashlib import sha256
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from pipeline.match import COMPILED
from pipeline.match.compilation import MANIFEST, _group
from tests.match.sigmahq import PROCESS, RULE_FOLDERS, lines_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a manifest of one module that was compiled from what its source still is."""
    (tmp_path / "module.py").write_text("A = 1\n", encoding="utf-8")
    digest = sha256(b"A = 1\n").hexdigest()
    told = {"suffix": EXTENSION_SUFFIXES[0], "group": "group.so", "modules": {"module": digest}}
    compiled = tmp_path / "compiled"
    compiled.mkdir()
    (compiled / MANIFEST).write_text(json.dumps(told), encoding="utf-8")
    return compiled


def test_what_was_compiled_from_these_sources_serves(folder: Path) -> None:
    """The library is named where interpreter and sources are those that it was made for."""
    assert _group(folder) == folder / "group.so"


def test_an_edited_source_makes_it_stale(folder: Path) -> None:
    """One changed byte of a source, or a source that is gone, puts the compiled form aside."""
    source = folder.parent / "module.py"
    source.write_text("A = 2\n", encoding="utf-8")
    assert _group(folder) is None
    source.unlink()
    assert _group(folder) is None


@pytest.mark.parametrize("text", ["", "{", '{"suffix": ".other", "modules": {}}', "{}"])
def test_a_manifest_that_does_not_fit_is_put_aside(folder: Path, text: str) -> None:
    """A broken manifest, or one of another interpreter, does no harm."""
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    assert _group(folder) is None


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
