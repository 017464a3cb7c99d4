"""Content laid over content."""

from pathlib import Path

import pytest

from pipeline.content.overlay import lay_over
from pipeline.errors import ConfigurationError

RULE = """title: T
id: 00000000-0000-4000-8000-000000000001
name: base
logsource: {product: windows}
detection: {s: {EventID: 7}, condition: s}
"""
CORRELATION = """title: C
id: 00000000-0000-4000-8000-000000000003
correlation:
  {type: event_count, rules: [base], group-by: [Computer], timespan: 1m, condition: {gte: 2}}
"""
ONE, TWO, THREE = (f"00000000-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))


@pytest.fixture
def below(tmp_path: Path) -> Path:
    """Give a folder with a rule in force."""
    folder = tmp_path / "below"
    folder.mkdir()
    (folder / "base.yml").write_text(RULE, encoding="utf-8")
    return folder


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_correlation_over_what_is_in_force(tmp_path: Path, below: Path) -> None:
    """What is laid over may refer to what is below, and only its own files and ids are its own."""
    path = written(tmp_path, "c.yml", CORRELATION)
    overlay = lay_over([path], [below], None)
    assert overlay.whole.quarantined == ()
    assert (set(overlay.whole.rules), set(overlay.whole.correlations)) == ({ONE}, {THREE})
    assert overlay.ids == {THREE}
    assert overlay.files == {str(path)}


def test_a_rule_in_place_of_one_in_force(tmp_path: Path, below: Path) -> None:
    """A rule with the id of one below takes its place."""
    path = written(tmp_path, "z.yml", RULE.replace("EventID: 7", "EventID: 8"))
    overlay = lay_over([path], [below], None)
    assert overlay.whole.quarantined == ()
    assert overlay.whole.rules[ONE].file == str(path)


def test_the_same_file_stands_once(
    tmp_path: Path, below: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is named from elsewhere is still the same file."""
    monkeypatch.chdir(tmp_path)
    overlay = lay_over([Path("below/base.yml")], [below], None)
    assert overlay.whole.quarantined == ()
    assert overlay.files == {"below/base.yml"}


def test_nothing_below(below: Path) -> None:
    """Without anything below, what is laid over is all."""
    assert lay_over([below], [], None).ids == {ONE}


def test_every_absent_path_is_told(tmp_path: Path) -> None:
    """Paths that do not exist are refused, all of them."""
    with pytest.raises(ConfigurationError) as caught:
        lay_over([tmp_path / "a", tmp_path / "b"], [], None)
    assert len(caught.value.problems) == 2
