"""Rule files: which are found, which are refused, and their bundle."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.content.sources import MOST_BYTES, RuleFile, pack_files, read_files, unpack_files
from pipeline.errors import ConfigurationError

files = st.lists(
    st.builds(RuleFile, st.text(max_size=9), st.binary(max_size=99), st.sampled_from(["", "x"])),
    max_size=5,
)


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
    """Paths that do not exist are refused together."""
    with pytest.raises(ConfigurationError) as caught:
        read_files([tmp_path / "gone", tmp_path, tmp_path / "gone too"])
    assert [Path(problem.file).name for problem in caught.value.problems] == ["gone", "gone too"]


def test_what_cannot_be_read_is_told_and_leaves_the_rest(tmp_path: Path) -> None:
    """A file that is too large, a link to nothing, a pipe: each has its fault, the rest is read."""
    (tmp_path / "huge.yml").write_bytes(b"#" * (MOST_BYTES + 1))
    (tmp_path / "link.yml").symlink_to(tmp_path / "gone")
    (tmp_path / "whole.yml").write_bytes(b"a: 1")
    os.mkfifo(tmp_path / "pipe.yml")
    found = {Path(file.name).name: file.fault for file in read_files([tmp_path])}
    assert found == {
        "huge.yml": "is larger than 4194304 bytes",
        "link.yml": "cannot be read: No such file or directory",
        "pipe.yml": "is no plain file",
        "whole.yml": "",
    }


def test_links_are_followed_and_loops_end(tmp_path: Path) -> None:
    """A folder behind a link is read, each folder once; hidden ones are passed over."""
    (tmp_path / "rules" / ".git").mkdir(parents=True)
    (tmp_path / "rules" / ".git" / "x.yml").write_bytes(b"hidden")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "b.yml").write_bytes(b"b")
    (tmp_path / "rules" / "a.yml").write_bytes(b"a")
    (tmp_path / "rules" / "linked").symlink_to(tmp_path / "other")
    (tmp_path / "rules" / "again").symlink_to(tmp_path / "other")
    (tmp_path / "rules" / "loop").symlink_to(tmp_path / "rules")
    (tmp_path / "rules" / "round.yml").symlink_to(tmp_path / "rules" / "round.yml")
    found = read_files([tmp_path / "rules"])
    assert [file.data for file in found] == [b"a", b"b", b""]
    assert "symbolic links" in found[2].fault
