"""What is broken in a rule folder: each file told with its place, the rest in force, in time."""

import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.content import Content, content_from_bundle, load_content
from pipeline.content.sources import RuleFile, pack_files
from tests.content.broken_files import BROKEN, TEXT, WHOLE

RULE = TEXT.decode().replace("00000000abcd", "0000000{:05d}")


def load(*files: bytes) -> Content:
    named = [RuleFile(f"{number}.yml", data) for number, data in enumerate(files)]
    return content_from_bundle(pack_files(named), None)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_told(name: str) -> None:
    """A broken file gives no rule but problems, each with line, reason and way out."""
    begin = time.perf_counter()
    content = load(BROKEN[name])
    assert time.perf_counter() - begin < 20
    assert (len(content.rules), len(content.correlations)) == (0, 0)
    assert content.quarantined
    for problem in content.quarantined:
        assert problem.file == "0.yml"
        assert problem.line >= 1
        assert problem.way_out
        assert 0 < len(problem.message) <= 600
        assert "cannot be parsed" not in problem.message


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder of every broken file and fifty whole ones, with loops and what no file is."""
    place = tmp_path_factory.mktemp("rules")
    for number, data in enumerate(BROKEN.values()):
        (place / f"broken{number}.yml").write_bytes(data)
    for number in range(50):
        (place / f"whole{number}.yml").write_text(RULE.format(number), encoding="utf-8")
    (place / "loop").symlink_to(place)
    (place / "link.yml").symlink_to(place / "gone.yml")
    (place / "folder.yml").mkdir()
    (place / "large.yml").write_bytes(TEXT + b"#" * 5_000_000)
    return place


def test_the_rest_of_a_broken_folder_is_in_force(folder: Path, tmp_path: Path) -> None:
    """Of a folder with hundreds of broken files the whole ones load, in bounded time and memory."""
    assert len(BROKEN) >= 200
    begin = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    content = load_content([folder], tmp_path)
    assert time.perf_counter() - begin < 120
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # kilobytes
    assert len(content.rules) == 50
    told = {Path(problem.file).name for problem in content.quarantined}
    assert told == {f"broken{n}.yml" for n in range(len(BROKEN))} | {"large.yml", "link.yml"}
    again = load_content([folder], tmp_path)
    assert again == content


def test_each_part_is_told_in_its_own_line() -> None:
    """The line is that of the very part that is wrong."""
    text = (
        "title: a\n"
        "logsource:\n"
        "  product: linux\n"
        "detection:\n"
        "  s:\n"
        "    - A: x\n"
        "    - B: y\n"
        "      C|gt: z\n"
        "  condition: s\n"
    )
    (problem,) = load(text.encode()).quarantined
    assert (problem.line, "C|gt" in problem.message) == (8, True)


def test_a_rule_that_says_it_cannot_be_used_is_not() -> None:
    """The status unsupported puts a rule aside; deprecated ones are in force."""
    (problem,) = load(TEXT + b"status: unsupported\n").quarantined
    assert (problem.line, "status" in problem.message) == (TEXT.count(b"\n") + 1, True)
    assert len(load(TEXT + b"status: deprecated\n").rules) == 1


words = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["s", "A|re", "(a", "A|contains|all", "10.0.0.0/8", "%x%", "not s", "1 of *"]),
)
keys = st.one_of(
    st.sampled_from(
        ["A", "A|re", "A|contains", "A|cidr", "A|hour", "|all", "A|fieldref", "A|gt|x"]
    ),
    st.text(max_size=6),
)
trees = st.recursive(
    words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


@given(
    key=st.sampled_from(
        [
            *WHOLE,
            "level",
            "tags",
            "date",
            "status",
            "related",
            "action",
            "name",
            "fields",
            "taxonomy",
        ]
    ),
    tree=trees,
    selection=trees,
    condition=words,
)
def test_any_document_is_a_rule_or_told(
    key: str, tree: Any, selection: Any, condition: Any
) -> None:
    """Any values anywhere in a rule give a rule or a problem with line and way out."""
    for document in (
        {**WHOLE, key: tree},
        {**WHOLE, "detection": {"s": selection, "condition": "s"}},
        {**WHOLE, "detection": {"s": {"A": 1}, "condition": condition}},
        {"title": "f", "logsource": {"product": "x"}, "filter": tree},
        {**WHOLE, "correlation": tree},
    ):
        text = yaml.safe_dump(document, allow_unicode=True)
        content = load(text.encode("utf-8", "surrogatepass"))
        assert len(content.rules) + len(content.quarantined) >= 1 or "filter" in document
        assert all(problem.line >= 1 for problem in content.quarantined)


@given(st.lists(st.binary(max_size=80) | st.text(max_size=60).map(str.encode), max_size=3))
def test_any_bytes_are_told(files: list[bytes]) -> None:
    """Any bytes under a rule file's name give problems, never an exception."""
    content = load(*files)
    assert len(content.quarantined) >= len(files)


def cut_and_changed() -> Iterator[bytes]:
    for at in range(0, len(TEXT), 7):
        yield TEXT[:at]
        yield TEXT[:at] + b"\xff" + TEXT[at:]
        yield TEXT[:at] + b"[" + TEXT[at:]
        yield TEXT[:at] + b": &" + TEXT[at:]


def test_a_rule_that_is_cut_or_changed_is_read_or_told() -> None:
    """A rule file damaged at any place is a rule or a problem."""
    for data in cut_and_changed():
        content = load(data)
        assert len(content.rules) + len(content.quarantined) == 1
