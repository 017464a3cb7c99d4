"""Vocabularies as data: what is broken is told with file and line, what rules need is there."""

import re
import tarfile
from pathlib import Path

import pytest
import zstandard

from pipeline.content import Content
from pipeline.errors import ConfigurationError
from pipeline.match import load_taxonomy
from pipeline.match.routes import labels_of
from pipeline.match.taxonomy import taxonomy_from_bundle
from tests.match.material import taxonomy
from tests.match.sigmahq import need

BROKEN = [
    ("an unknown key", "taxonomy: generic\nfeilds: {}\n", "x.yml:2: feilds: unknown key"),
    ("no name", "fields: {}\n", "x.yml:1: taxonomy: is missing"),
    (
        "a vocabulary that is not there",
        "taxonomy: generic\nincludes: [ecs]\n",
        "x.yml:2: the taxonomy 'ecs' is not there",
    ),
    ("no generic one", "taxonomy: other\n", "holds no taxonomy 'generic'"),
    ("no YAML", "taxonomy: [\n", "is not YAML"),
]


@pytest.mark.parametrize(
    ("text", "told"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_what_is_broken_is_told(tmp_path: Path, text: str, told: str) -> None:
    """A broken vocabulary is refused with file, line and reason."""
    (tmp_path / "x.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=re.escape(told)):
        load_taxonomy(tmp_path)


def test_one_name_is_told_once(tmp_path: Path) -> None:
    """Two files of one vocabulary are refused."""
    for name in ("a.yml", "b.yml"):
        (tmp_path / name).write_text("taxonomy: generic\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="told twice"):
        load_taxonomy(tmp_path)


def test_an_unknown_vocabulary_is_read_as_generic() -> None:
    """An event of a vocabulary that nobody wrote down is read by the generic one."""
    assert taxonomy().of("klingon").name == "generic"


APPENDIX = "specification/sigma-appendix-taxonomy.md"
ROW = re.compile(r"\| windows \| product: windows<br>service: (\S+) +\| Channel: ?(.*?) *\|$", re.M)


def channels_of_the_appendix() -> dict[str, list[str]]:
    """Read the specification's table of Windows services: the channels of each."""
    with tarfile.open(need("sigma-specification.tar.xz")) as archive:
        name = next(name for name in archive.getnames() if name.endswith(APPENDIX))
        member = archive.extractfile(name)
        assert member is not None
        text = member.read().decode()
    # One of them stands with the prefix of Splunk's sources (WinEventLog:).
    return {
        service: [
            one.strip(" -").removeprefix("WinEventLog:")
            for one in told.split("<br>")
            if one.strip(" -")
        ]
        for service, told in ROW.findall(text)
    }


def test_the_appendix_names_no_other_channel() -> None:
    """Every Windows service of the specification is told by the channels that it names."""
    table = channels_of_the_appendix()
    assert len(table) > 45
    vocabulary = taxonomy().of("windows")
    missing = []
    for service, channels in table.items():
        for channel in channels:
            key = tuple(channel.casefold() if one == "Channel" else "" for one in vocabulary.key)
            if service not in labels_of(vocabulary, key).services:
                missing.append((service, channel))
    assert missing == []


def test_windows_rules_have_log_sources(sigmahq: Content) -> None:
    """Every category and service that SigmaHQ's Windows rules name has an entry."""
    sources = taxonomy().of("windows").sources
    categories = {name for entry in sources for name in entry.category}
    services = {name for entry in sources for name in entry.service}
    rules = [rule for rule in sigmahq.rules.values() if rule.product == "windows"]
    assert len(rules) > 2_500
    assert {rule.category for rule in rules} - categories - {""} == set()
    assert {rule.service for rule in rules} - services - {""} == set()


def test_a_bundle_gives_the_same_taxonomy() -> None:
    """What a bundle is read to has the revision and the vocabularies of what it came from."""
    first = taxonomy()
    again = taxonomy_from_bundle(first.bundle())
    assert again.revision == first.revision
    assert again.bundle() == first.bundle()
    for name, vocabulary in first.vocabularies.items():
        other = again.vocabularies[name]
        assert (other.key, other.fields, other.sources) == (
            vocabulary.key,
            vocabulary.fields,
            vocabulary.sources,
        )


@pytest.mark.parametrize("data", [b"", b"nothing", zstandard.compress(b"{}")])
def test_a_bundle_of_something_else_is_refused(data: bytes) -> None:
    """Bytes that are no bundle of a taxonomy are told as such."""
    with pytest.raises(ValueError, match="the bundle"):
        taxonomy_from_bundle(data)


EDITS = [
    ("a comment", "# more\ntaxonomy: generic\nfields: {A: [b]}\n", True),
    ("another order of keys", "fields: {A: [b]}\ntaxonomy: generic\n", True),
    ("one name and a list of it", "taxonomy: generic\nfields: {A: b}\n", True),
    ("another name", "taxonomy: generic\nfields: {A: [c]}\n", False),
    ("one more name", "taxonomy: generic\nfields: {A: [b, c]}\n", False),
    ("a log source", "taxonomy: generic\nfields: {A: [b]}\nsources: [{product: p}]\n", False),
]


@pytest.mark.parametrize(
    ("text", "same"), [row[1:] for row in EDITS], ids=[row[0] for row in EDITS]
)
def test_the_revision_follows_what_is_said(tmp_path: Path, text: str, same: bool) -> None:
    """An edit that can change a verdict changes the revision; a comment does not."""
    for name, words in (("a", "taxonomy: generic\nfields: {A: [b]}\n"), ("b", text)):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.yml").write_text(words, encoding="utf-8")
    first, second = (load_taxonomy(tmp_path / name).revision for name in ("a", "b"))
    assert (first == second) is same


def test_what_is_included_may_include(tmp_path: Path) -> None:
    """A vocabulary has what those that it includes include, nearer ones first, also in a circle."""
    for name, other, value in (("generic", "b", "x"), ("b", "c", "y"), ("c", "generic", "z")):
        text = f"taxonomy: {name}\nincludes: [{other}]\nfields: {{A: [{value}]}}\n"
        (tmp_path / f"{name}.yml").write_text(text, encoding="utf-8")
    assert load_taxonomy(tmp_path).of("generic").fields["A"] == ("A", "x", "y", "z")


def test_every_entry_knows_its_place() -> None:
    """Each source entry and each field's names tell the file and line that they stand in."""
    vocabulary = taxonomy().of("generic")
    assert len(vocabulary.places) == len(vocabulary.sources)
    for place in (*vocabulary.places, *vocabulary.origins["Image"]):
        file, _, line = place.rpartition(":")
        assert Path(file).read_text(encoding="utf-8").splitlines()[int(line) - 1].strip()
