"""A compiled form serves only where it is that of the sources."""

import json
from hashlib import sha256
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from pipeline.compilation import MANIFEST, fitting_modules


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
    assert fitting_modules(folder) == (
        folder / "group.so",
        {"module": folder / f"module{EXTENSION_SUFFIXES[0]}"},
    )


def test_an_edited_source_makes_it_stale(folder: Path) -> None:
    """One changed byte of a source, or a source that is gone, puts the compiled form aside."""
    source = folder.parent / "module.py"
    source.write_text("A = 2\n", encoding="utf-8")
    assert fitting_modules(folder) is None
    source.unlink()
    assert fitting_modules(folder) is None


@pytest.mark.parametrize("text", ["", "{", '{"suffix": ".other", "modules": {}}', "{}"])
def test_a_manifest_that_does_not_fit_is_put_aside(folder: Path, text: str) -> None:
    """A broken manifest, or one of another interpreter, does no harm."""
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    assert fitting_modules(folder) is None
