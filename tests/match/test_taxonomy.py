"""Vocabularies as data: what is broken is told with file and line, what rules need is there."""

import re
from pathlib import Path

import pytest

from pipeline.content import Content
from pipeline.errors import ConfigurationError
from pipeline.match import load_taxonomy
from tests.match.material import taxonomy

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


def test_windows_rules_have_log_sources(sigmahq: Content) -> None:
    """Every category and service that SigmaHQ's Windows rules name has an entry."""
    sources = taxonomy().of("windows").sources
    categories = {name for entry in sources for name in entry.category}
    services = {name for entry in sources for name in entry.service}
    rules = [rule for rule in sigmahq.rules.values() if rule.product == "windows"]
    assert len(rules) > 2_500
    assert {rule.category for rule in rules} - categories - {""} == set()
    assert {rule.service for rule in rules} - services - {""} == set()
