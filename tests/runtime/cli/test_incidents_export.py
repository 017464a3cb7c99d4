"""`saqshy incidents export`: every format of a real store, valid, and nothing that must stay."""

import io
import re
import shutil
from pathlib import Path

import orjson
import pytest
from pypdf import PdfReader
from stix2validator import ValidationOptions, validate_string
from typer.testing import CliRunner, Result

from pipeline.errors import ConfigurationError
from pipeline.notify.exports import csv_table, iodef_json, iodef_xml, ocsf, stix
from pipeline.notify.exports.font import find_font
from pipeline.runtime.cli.app import app
from tests.notify.exports import schemas
from tests.runtime.centre import OUTSIDE, centre, entry, failures

AT = "2026-03-03T00:00:00Z"
READERS = {
    "iodef": iodef_xml,
    "iodef-json": iodef_json,
    "stix": stix,
    "ocsf": ocsf,
    "csv": csv_table,
}


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a store with one incident: a password that was sprayed and guessed."""
    folder = tmp_path_factory.mktemp("attacked")
    with centre(folder) as made:
        made.take([*failures(40), entry(40)])
        made.tick(10)
        while made.system.dispatcher.run_due():
            pass
    _attest(folder / "objects", "2999-12-31")
    return folder


def export(folder: Path, *words: str, settings: str = "saqshy.yml") -> Result:
    """Run the command over a centre's settings."""
    given = ["incidents", "export", *words, "--config", str(folder / settings)]
    return CliRunner().invoke(app, given)


def exported(folder: Path, *words: str) -> bytes:
    result = export(folder, *words, "--written-at", AT)
    assert result.exit_code == 0, result.stderr
    return result.stdout_bytes


@pytest.mark.parametrize("form", READERS)
def test_each_format_is_read_back(attacked: Path, form: str) -> None:
    """A store's incident leaves in each format, the same in all of them, and is read back."""
    (found,) = READERS[form].read(exported(attacked, "--all", "--format", form))
    (other,) = csv_table.read(exported(attacked, "", "--format", "csv"))
    assert found == other
    assert found.details is not None
    assert found.details.law.verdict == "yes"
    assert {one.role for one in found.details.told} >= {"ncc", "holder"}
    assert OUTSIDE in [one.value for one in found.details.observables]


def test_iodef_is_valid(attacked: Path) -> None:
    """The documents are valid against the schemas of RFC 7970 and RFC 8727."""
    assert schemas.xml_problems(exported(attacked, "--all")) == []
    held = orjson.loads(exported(attacked, "--all", "--format", "iodef-json"))
    assert list(schemas.iodef_json().iter_errors(held)) == []


def test_stix_is_valid(attacked: Path) -> None:
    """The bundle passes the validator of OASIS."""
    bundle = exported(attacked, "--all", "--format", "stix").decode("utf-8")
    assert validate_string(bundle, ValidationOptions(version="2.1")).is_valid


def test_ocsf_is_valid(attacked: Path) -> None:
    """The finding is valid against OCSF's class 2005."""
    held = orjson.loads(exported(attacked, "--all", "--format", "ocsf"))
    assert list(schemas.incident_finding().iter_errors(held)) == []


@pytest.mark.parametrize("form", [*READERS, "pdf"])
def test_the_same_again_is_the_same_bytes(attacked: Path, form: str, tmp_path: Path) -> None:
    """With the time of writing given, nothing else of the bytes depends on the day."""
    _need_font(form)
    file = tmp_path / "one"
    again = ("--all", "--format", form, "--language", "ru")
    assert export(attacked, *again, "--written-at", AT, "--out", str(file)).exit_code == 0
    assert file.read_bytes() == exported(attacked, *again)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("kk", ("Ақпараттық қауіпсіздіктің оқыс оқиғасы", "іркіліс", "иә", "жоғары")),
        ("ru", ("Инцидент информационной безопасности", "сбой", "да", "высокая")),
        ("en", ("Information security incident", "failure in the infrastructure", "high")),
    ],
)
def test_a_card_has_the_words_of_the_pack(
    attacked: Path, language: str, words: tuple[str, ...]
) -> None:
    """The card tells limbs, answers and severity in the words of the law pack that judged it."""
    _need_font("pdf")
    data = exported(attacked, "", "--format", "pdf", "--language", language)
    pages = PdfReader(io.BytesIO(data)).pages
    text = " ".join(" ".join(page.extract_text().split()) for page in pages)
    assert len(pages) <= 2
    for word in words:
        assert word in text


def test_an_attestation_that_ended_leaves_a_stub(attacked: Path, tmp_path: Path) -> None:
    """The guard is asked again, by the clock: of an object no longer attested a stub leaves."""
    shutil.copytree(attacked / "objects", tmp_path / "objects")
    _attest(tmp_path / "objects", "2026-10-31")
    settings = (attacked / "saqshy.yml").read_text("utf-8")
    ended = settings.replace("- objects", f"- {tmp_path / 'objects'}")
    assert ended != settings
    (attacked / "ended.yml").write_text(ended, "utf-8")
    words = ("--all", "--format", "ocsf", "--written-at", "2026-03-02T16:00:00Z")
    result = export(attacked, *words, settings="ended.yml")
    assert result.exit_code == 0, result.stderr
    (found,) = ocsf.read(result.stdout_bytes)
    assert found.details is None
    assert OUTSIDE.encode() not in result.stdout_bytes


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "one incident or --all"),
        (["abc", "--all"], 2, "one incident or --all"),
        (["--all", "--language", "de"], 2, "no language 'de'"),
        (["abc", "--candidates"], 2, "without --all it says nothing"),
        (["--all", "--font", "a.ttf"], 2, "only a card has letters"),
        (["--all", "--written-at", "today"], 2, "--written-at"),
        (["nothing"], 1, "0 incidents begin with"),
        (["--all", "--format", "pdf", "--font", "none.ttf"], 2, "none.ttf"),
        (["--all", "--out", "no/such/folder/file"], 3, "no/such/folder"),
    ],
)
def test_what_cannot_be_asked_is_told(
    attacked: Path, words: list[str], code: int, said: str
) -> None:
    """A wrong question ends with the code for it and the way out."""
    result = export(attacked, *words)
    assert result.exit_code == code
    assert said in result.stderr


def _attest(objects: Path, until: str) -> None:
    """Let the attestations of a registry last until a day: the command asks the real clock."""
    file = objects / "objects.yml"
    text = file.read_text("utf-8")
    changed = re.sub(r"(      valid_until: )\d{4}-\d\d-\d\d", rf"\g<1>{until}", text)
    assert changed != text
    file.write_text(changed, "utf-8")


def _need_font(form: str) -> None:
    if form == "pdf":
        try:
            find_font()
        except ConfigurationError:
            pytest.skip("DejaVu Sans is not on this machine")
