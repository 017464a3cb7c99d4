"""Loading: the cache changes nothing but the time, and a bundle is the content again."""

import re
import shutil
from pathlib import Path

import pytest

from pipeline.content import Content, content_from_bundle, load_content
from pipeline.content.cache import NAME, read_cache
from tests.match.sigmahq import RULE_FOLDERS, RULES, unpack

RULE = """title: T{number}
id: 00000000-0000-4000-8000-00000000000{number}
logsource: {{product: linux}}
detection: {{s: {{A: {number}}}, condition: s}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder of three rules and a broken one."""
    place = tmp_path / "rules"
    place.mkdir()
    for number in range(3):
        (place / f"{number}.yml").write_text(RULE.format(number=number), encoding="utf-8")
    (place / "broken.yml").write_text("title: [", encoding="utf-8")
    return place


def test_the_rest_of_a_broken_folder_loads(folder: Path) -> None:
    """A broken file is put aside with file and line; the others are in force."""
    content = load_content([folder], None)
    assert len(content.rules) == 3
    (problem,) = content.quarantined
    assert (problem.file, problem.line) == (str(folder / "broken.yml"), 1)


def test_two_hundred_broken_files_are_told(folder: Path) -> None:
    """Each broken file of many has its own problem."""
    for number in range(200):
        (folder / f"x{number}.yml").write_text(f"title: {'[' * (number % 7)}", encoding="utf-8")
    content = load_content([folder], None)
    assert (len(content.rules), len(content.quarantined)) == (3, 201)


def test_a_cache_changes_nothing(folder: Path, tmp_path: Path) -> None:
    """Content from a cold, a warm and no cache is the same."""
    cache = tmp_path / "cache"
    plain, cold = load_content([folder], None), load_content([folder], cache)
    written = (cache / NAME).read_bytes()
    assert load_content([folder], cache) == cold == plain
    assert (cache / NAME).read_bytes() == written
    assert len(read_cache(cache)) == 4
    assert [path.name for path in cache.iterdir()] == [NAME]


def test_a_cache_is_by_the_files_bytes(folder: Path, tmp_path: Path) -> None:
    """A changed file is parsed anew, a moved one is not, and its place is told as it is now."""
    cache = tmp_path / "cache"
    before = load_content([folder], cache)
    text = RULE.format(number=1).replace("A: 1", "A: 7")
    (folder / "1.yml").write_text(text, encoding="utf-8")
    (folder / "2.yml").rename(folder / "moved.yml")
    after = load_content([folder], cache)
    assert after == load_content([folder], None)
    assert after.revision != before.revision
    assert after.rules["00000000-0000-4000-8000-000000000002"].file == str(folder / "moved.yml")
    assert len(read_cache(cache)) == 5


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:0],
        lambda data: data[:-7],
        lambda data: data[:200] + b"x" + data[201:],
        lambda data: b"saqshy parsed rules 0, other" + data[data.index(b"\n") :],
        lambda data: data[:0] + b"\n\n",
    ],
    ids=["empty", "cut", "changed", "of another version", "lines"],
)  # fmt: skip
def test_a_cache_that_cannot_be_trusted_is_written_anew(
    folder: Path, tmp_path: Path, damage: object
) -> None:
    """A cache that is corrupt or of another version is not read, and replaced."""
    assert callable(damage)
    cache = tmp_path / "cache"
    wanted = load_content([folder], cache)
    whole = (cache / NAME).read_bytes()
    (cache / NAME).write_bytes(damage(whole))
    assert read_cache(cache) == {}
    assert load_content([folder], cache) == wanted
    assert (cache / NAME).read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_no_failure(folder: Path, tmp_path: Path) -> None:
    """A cache folder that is no folder is told by a warning, and the rules load without it."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.warns(RuntimeWarning, match=r"rules\.cache: cannot be written.*another"):
        content = load_content([folder], tmp_path / "file")
    assert content == load_content([folder], None)


def test_a_bundle_is_the_content_again(folder: Path, tmp_path: Path) -> None:
    """A bundle loads to the same content when the files are gone, quarantined ones included."""
    content = load_content([folder], None)
    bundle = content.bundle()
    shutil.rmtree(folder)
    again = content_from_bundle(bundle, tmp_path / "cache")
    assert again == content
    assert again.bundle() == bundle


def test_the_revision_follows_what_is_in_force(folder: Path, tmp_path: Path) -> None:
    """Names, order and broken files change no revision; any rule does."""
    revision = load_content([folder], None).revision
    other = tmp_path / "other"
    other.mkdir()
    for number in (2, 0, 1):
        shutil.copy(folder / f"{number}.yml", other / f"z{9 - number}.yml")
    assert load_content([other], None).revision == revision
    (other / "z9.yml").unlink()
    assert load_content([other], None).revision != revision


def test_sigmahq_loads(tmp_path: Path) -> None:
    """All of SigmaHQ's rules load but the two that wait for a placeholder's values."""
    folder = unpack(RULES, tmp_path / "sigmahq")
    paths = [folder / name for name in RULE_FOLDERS]
    cold = load_content(paths, tmp_path / "cache")
    assert len(cold.rules) == 3755
    told = [str(problem) for problem in cold.quarantined]
    assert len(told) == 2
    assert all(re.search(r"\.yml:\d+: the placeholder %known_cdcs%", text) for text in told)
    warm = load_content(paths, tmp_path / "cache")
    assert warm == cold
    again: Content = content_from_bundle(cold.bundle(), tmp_path / "cache")
    assert again.revision == cold.revision
