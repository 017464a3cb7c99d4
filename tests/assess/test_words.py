"""A pack's own words: what its rows name is told in every language."""

from pathlib import Path

import pytest

from pipeline.assess import load_pack, pack_words

LAW = Path(__file__).parents[2] / "rules" / "law"


@pytest.mark.parametrize(
    ("pack", "named"),
    [
        ("kz", {("regime", "normal"), ("harm", "obtain"), ("limb", "failure"),
                ("by_law", "monitoring_rules"), ("leg", "first"), ("role", "ncc")}),
        ("nis2", {("regime", "large_scale_crisis"), ("harm", "availability"), ("leg", "page")}),
    ],
)  # fmt: skip
def test_what_a_pack_names_has_words(pack: str, named: set[tuple[str, str]]) -> None:
    """Regimes, limbs, harms, by-laws, legs and roles have words in each language."""
    words = pack_words(load_pack(LAW / pack))
    for one in named:
        assert all(words[language][one] for language in ("kk", "ru", "en")), one
