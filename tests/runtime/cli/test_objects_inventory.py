"""Tests of `saqshy objects inventory`: software in, and whom an advisory concerns out."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from pipeline.runtime.cli.objects import objects
from tests.registry.test_cyclonedx import DOCUMENT, XML

FILES = {".json", ".yml"}
WORD = ["--as", "administrator/a.serik", "--reason", "scan of March"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a registry of two objects and two bills of materials beside it."""
    home = tmp_path / "objects"
    home.mkdir()
    (home / "a.yml").write_text("objects:\n  - {id: plant}\n  - {id: mill}\n")
    (tmp_path / "bom.json").write_bytes(orjson.dumps(DOCUMENT))
    (tmp_path / "bom.xml").write_text(XML.format(version="1.5"))
    return home


def run(folder: Path, *words: str) -> Result:
    """Run a command on a registry."""
    return CliRunner().invoke(objects, ["inventory", *words, "--registry", str(folder)])


def test_an_advisory_finds_whom_it_concerns(folder: Path) -> None:
    """What was imported from JSON and XML is found by package URL and range, at both objects."""
    for name, file in (("plant", "bom.json"), ("mill", "bom.xml")):
        done = run(folder, "import", name, str(folder.parent / file), *WORD, "--json")
        assert done.exit_code == 0, done.output
        assert orjson.loads(done.stdout)["components"] == 3
    asked = ["who-has", "pkg:maven/org.x/a", "--versions", "<1.1", "--json"]
    found = [orjson.loads(line) for line in run(folder, *asked).stdout.splitlines()]
    assert [one["object_id"] for one in found] == ["mill", "plant"]
    assert run(folder, "who-has", "a", "--versions", ">=1.1").exit_code == 1
    assert "plant" in run(folder, "who-has", "b").stdout
    assert "org.x" in run(folder, "show", "plant").stdout


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        pytest.param(["import", "plan", "bom.json", *WORD], 2, "did you mean", id="no-object"),
        pytest.param(["import", "plant", "none.json", *WORD], 2, "cannot be read", id="no-file"),
        pytest.param(["import", "plant", "objects/a.yml", *WORD], 2, "is not XML", id="no-bom"),
        pytest.param(["who-has", "a", "--versions", "=>1"], 2, "no version constraint", id="range"),
        pytest.param(["show", "plant"], 1, "no inventory of plant", id="nothing-known"),
    ],
)
def test_what_cannot_be_is_told(folder: Path, words: list[str], code: int, message: str) -> None:
    """Errors end with 2, nothing found with 1."""
    named = [str(folder.parent / one) if Path(one).suffix in FILES else one for one in words]
    result = run(folder, *named)
    assert result.exit_code == code
    assert message in result.stderr
