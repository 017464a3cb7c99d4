"""Rule files: which are found, which are refused, and their bundle."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.content.sources import MOST_BYTES, RuleFile, pack_files, read_files, unpack_files
from pipeline.errors import ConfigurationError

files = st.lists(st.builds(RuleFile, st.text(max_size=9), st.binary(max_size=99)), max_size=5)


@given(files)
def test_a_bundle_holds_the_files(given_files: list[RuleFile]) -> None:
    """What was packed is unpacked byte by byte, whatever the bytes and names are."""
    assert unpack_files(pack_files(given_files)) == given_files


@pytest.mark.parametrize("data", [b"", b"x", pack_files([])[:-1]], ids=["none", "junk", "cut"])
def test_what_is_no_bundle_is_refused(data: bytes) -> None:
    """Bytes that are no bundle raise ValueError."""
    with pytest.raises(ValueError, match="bundle"):
        unpack_files(data)


def test_rules_are_found_in_folders(tmp_path: Path) -> None:
    """YAML files under a folder are rules, their sibling tests are not; each is read once."""
    for name in ("b/x.yml", "a.yaml", "a.tests.yml", "b/x.tests.yaml", "note.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    found = read_files([tmp_path, tmp_path / "b" / "x.yml"])
    assert [Path(file.name).relative_to(tmp_path).as_posix() for file in found] == [
        "a.yaml",
        "b/x.yml",
    ]
    assert found[1].data == b"b/x.yml"


def test_every_absent_path_is_told(tmp_path: Path) -> None:
    """Paths that do not exist and files that are too large are refused together."""
    (tmp_path / "huge.yml").write_bytes(b"#" * (MOST_BYTES + 1))
    with pytest.raises(ConfigurationError) as caught:
        read_files([tmp_path / "gone", tmp_path, tmp_path / "gone too"])
    assert [problem.file.rpartition("/")[2] for problem in caught.value.problems] == [
        "gone",
        "huge.yml",
        "gone too",
    ]
