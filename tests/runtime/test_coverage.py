"""Tables of coverage that are wrong, each refused with its file and line."""

from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.runtime.coverage import Coverage, load_coverage

INSTRUMENTS = """\
instruments:
  - {id: kz-1, name: A law, digest: a.md}
  - {id: kz-1-kk, name: Its draft, digest: a.md}
"""
ROW = """\
      - norm: 7-2(1)(2),(5)
        requirement: The centre tells of the fact at once.
        status: open
        reason: nothing is built
"""


def table(folder: Path, rows: str, left_out: str = "") -> Path:
    (folder / "instruments.yml").write_text(INSTRUMENTS, encoding="utf-8")
    text = "instrument: kz-1\ndigest: a.md\nparts:\n  - heading: One\n    rows:\n" + rows
    if left_out:
        text += "    left_out:\n" + left_out
    (folder / "one.yml").write_text(text, encoding="utf-8")
    return folder


def loaded(folder: Path, rows: str, left_out: str = "") -> Coverage:
    return load_coverage(table(folder, rows, left_out))


def problems(folder: Path, rows: str, left_out: str = "") -> list[str]:
    with pytest.raises(ConfigurationError) as told:
        loaded(folder, rows, left_out)
    return [str(problem) for problem in told.value.problems]


def test_a_row_is_read_with_its_place(tmp_path: Path) -> None:
    """Norms are written out, and the row knows digest, heading, file and line."""
    (entry,) = loaded(tmp_path, ROW).entries
    assert entry.norms == ("kz-1/7-2(1)(2)", "kz-1/7-2(1)(5)")
    assert (entry.instrument, entry.digest, entry.heading) == ("kz-1", "a.md", "One")
    assert (entry.file, entry.line) == (f"{tmp_path.name}/one.yml", 6)


def test_what_a_table_covers(tmp_path: Path) -> None:
    """A row covers its norm and what that is a part of; what is left out, its parts as well."""
    left = "      - {norm: '8,9(1)', reason: nothing follows}\n"
    coverage = loaded(tmp_path, ROW, left)
    told = ["7-2(1)(2)", "7-2", "8", "8(3)", "9", "9(1)(4)"]
    untold = ["7-2(1)(3)", "7-2(1)(2)(1)", "9(2)", "7"]
    assert [norm for norm in [*told, *untold] if coverage.covers(f"kz-1/{norm}")] == told


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        pytest.param("norm: 7-2(1)(2),(5)", "norm: 7-2(1", "what begins at", id="unreadable norm"),
        pytest.param(
            "norm: 7-2(1)(2),(5)", "norm: ru 7(1)", "no instrument 'kz-1-ru'", id="instrument"
        ),
        pytest.param("status: open", "status: soon", "status", id="unknown status"),
        pytest.param("        reason: nothing is built\n", "", "open needs a reason", id="reason"),
        pytest.param("status: open", "status: done", "needs code and test", id="unproved"),
        pytest.param(
            "status: open", "status: partly", "needs code and test", id="partly without proof"
        ),
        pytest.param(
            "status: open", "status: open\n        test: [a]", "partly has", id="open with a test"
        ),
        pytest.param(
            "status: open", "status: open\n        configuration: [a.b]",
            "names its configuration", id="configuration of what is open",
        ),
        pytest.param("status: open", "state: open", "unknown key", id="misspelt key"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_refused_at_its_line(
    tmp_path: Path, wrong: str, right: str, message: str
) -> None:
    """What a row lacks, or says wrongly, is a problem with file and line."""
    told = problems(tmp_path, ROW.replace(wrong, right))
    assert any(message in problem for problem in told)
    assert all(problem.startswith(f"{tmp_path.name}/one.yml:") for problem in told)


def test_the_same_twice_is_refused(tmp_path: Path) -> None:
    """A norm that asks the same in two rows is told with both places."""
    (told,) = problems(tmp_path, ROW + ROW.replace("7-2(1)(2),(5)", "7-2(1)(5)"))
    assert told == (
        f"{tmp_path.name}/one.yml:10: kz-1/7-2(1)(5) asks the same twice "
        f"(first at {tmp_path.name}/one.yml:6)"
    )


def test_what_has_a_row_is_not_left_out(tmp_path: Path) -> None:
    """A norm cannot be left out while a part of it has a row."""
    (told,) = problems(tmp_path, ROW, "      - {norm: 7-2, reason: nothing follows}\n")
    assert told.startswith(f"{tmp_path.name}/one.yml:11: kz-1/7-2 is left out")


def test_all_files_are_told_at_once(tmp_path: Path) -> None:
    """Two broken files are two problems, and an empty folder is no table."""
    table(tmp_path, ROW.replace("open", "soon"))
    (tmp_path / "two.yml").write_text("instrument: kz-1\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as told:
        load_coverage(tmp_path)
    assert {problem.file.rpartition("/")[2] for problem in told.value.problems} == {
        "one.yml",
        "two.yml",
    }
    (tmp_path / "one.yml").unlink()
    (tmp_path / "two.yml").unlink()
    with pytest.raises(ConfigurationError, match="holds no row"):
        load_coverage(tmp_path)
