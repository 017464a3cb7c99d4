"""Tests of loading a law pack: every error with its line, no case without answer or route."""

from pathlib import Path

import pytest
import yaml

from pipeline.assess import load_pack, pack_from_bundle
from pipeline.assess.rows import SECTIONS, RouteRow, Row
from pipeline.errors import ConfigurationError
from tests.assess.making import KZ, edited, kz
from tests.registry.making import AT


def problems(folder: Path, file: str, *edits: tuple[str, str]) -> list[str]:
    """Load the Kazakh pack with edits and give the problems, without the folder."""
    target = edited(folder, {file: edits})
    with pytest.raises(ConfigurationError) as caught:
        load_pack(target)
    return [str(one).replace(f"{target}/", "") for one in caught.value.problems]


def test_the_kazakh_pack_is_whole() -> None:
    """Six harms, eleven acts, seven aims, six axes, and every section has rows."""
    view = kz().at(AT)
    assert [limb.key for limb in view.limbs if limb.group] == [
        f"harms.{name}" for name in ("obtain", "copy", "distribute", "modify", "destroy", "block")
    ]
    assert len(view.acts) == 11
    assert len(view.aims) == 7
    assert [axis.id for axis in view.axes if axis.parent is None] == [
        "PUB", "MIL", "POL", "ECO", "INF", "ENV",
    ]  # fmt: skip
    assert all(kz().rows[section] for section in SECTIONS)


def test_every_row_says_ground_validity_and_who_set_it() -> None:
    """A policy row names author and date; a statute row cites an article of a named instrument."""
    instruments = set(kz().head.instruments)
    for section, rows in kz().rows.items():
        for row in rows:
            assert row.basis, section
            if row.set_by == "policy":
                assert row.author, section
                assert row.set_at, section
            else:
                assert row.basis.partition("/")[0] in instruments, section
                assert row.basis.partition("/")[2], section


def test_no_row_with_a_number_is_statute() -> None:
    """Grades, floors, scales, windows and regimes are numbers of ours, and say so."""
    for section in ("nature", "grades", "floors", "scale", "reality", "levels", "regimes",
                    "occurrence", "folding", "labels", "entails"):  # fmt: skip
        assert {row.set_by for row in kz().rows[section]} == {"policy"}, section


def test_by_laws_are_missing_until_somebody_enters_them() -> None:
    """The four by-laws of SPEC 9 stand in the pack, each without a source."""
    found = {row.basis: getattr(row, "source", "") for row in kz().rows["by_laws"]}
    assert found == {
        "kz-418-V/7-1(7)": "missing",
        "kz-418-V/7-1(5-1)": "missing",
        "kz-418-V/7-1(19)": "missing",
        "kz-418-V/7-1(17)": "missing",
    }


def test_words_are_in_three_languages_and_differ() -> None:
    """No Kazakh word is the Russian or English one, beyond a listed set."""
    same = {"карантин", "экономика"}
    for rows in kz().rows.values():
        for row in rows:
            names = getattr(row, "names", None)
            if names is not None and names.kk not in same:
                assert len({names.kk, names.ru, names.en}) == 3, names


def test_a_bundle_gives_the_same_pack() -> None:
    """What travels with the journal has the same revision and rows."""
    again = pack_from_bundle(kz().bundle())
    assert (again.revision, again.bundle()) == (kz().revision, kz().bundle())
    assert again.rows == kz().rows
    assert again.at(AT).since == kz().at(AT).since


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"head": {}, "rows": {}}', b"\xff"])
def test_bytes_that_are_no_bundle_are_refused(data: bytes) -> None:
    """A broken bundle is a configuration error, never an empty pack."""
    with pytest.raises(ConfigurationError):
        pack_from_bundle(data)


def test_comments_do_not_change_the_revision_and_rows_do(tmp_path: Path) -> None:
    """The revision is what the rows say."""
    one = edited(tmp_path / "one", {"terms.yml": [("# When", "# At what time")]})
    other = edited(tmp_path / "other", {"terms.yml": [("offset: PT1H", "offset: PT2H")]})
    assert load_pack(one).revision == kz().revision
    assert load_pack(other).revision != kz().revision


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        pytest.param("terms.yml", "trigger: opened", "triger: opened",
                     "unknown key (did you mean 'trigger'?)", id="misspelt-key"),
        pytest.param("terms.yml", "offset: PT1H", "offset: 1 hour", "is no duration",
                     id="duration"),
        pytest.param("terms.yml", "by_law: monitoring_rules", "by_law: other_rules",
                     "by_law: nothing is named 'other_rules'", id="by-law"),
        pytest.param("terms.yml", "by_law: monitoring_rules",
                     "offset: PT3H\n    by_law: monitoring_rules",
                     "has an offset, or names the by-law", id="number-and-missing"),
        pytest.param("terms.yml", "    author: Saqshy maintainers\n", "", "names its author",
                     id="unsigned-policy"),
        pytest.param("terms.yml", "basis: kz-418-V/54(2)(6)", "basis: de-BSIG/8b",
                     "cites no instrument", id="instrument"),
        pytest.param("terms.yml", "recipients: [holder, ncc]", "recipients: [holder]",
                     "the leg 'first' to 'ncc' has no term", id="route-without-term"),
        pytest.param("routes.yml", "role: sectoral_centre", "role: sector_centre",
                     "role: nothing is named 'sector_centre'", id="role"),
        pytest.param("routes.yml", "parties: [infrastructure.holder]", "parties: [holder]",
                     "names no party", id="party-path"),
        pytest.param("routes.yml", "flags: [critical]", "flags: [kritical]",
                     "no object can have the flag 'kritical'", id="flag"),
        pytest.param("routes.yml", "id: any.ncc", "id: any.holder",
                     "two rows 'any.holder' are in force at the same time", id="row-twice"),
        pytest.param("predicate.yml", "failure and (functioning_threat", "failure and (threat",
                     "expression: nothing is named 'threat'", id="expression-name"),
        pytest.param("predicate.yml", "or any(harms))", "or any(harms)", "expected )",
                     id="expression-bracket"),
        pytest.param("labels.yml", "harms: {destroy: yes}", "harms: {burn: yes}",
                     "harms: nothing is named 'burn'", id="harm"),
        pytest.param("labels.yml", "rsit: fraud.phishing", "rsit: fraud.fishing",
                     "is no RSIT class", id="rsit"),
        pytest.param("labels.yml", "intent: unauthorised", "intent: evil",
                     "intent cannot be 'evil'", id="intent"),
        pytest.param("labels.yml", "failure: no,", "failure: perhaps,", "Input should be",
                     id="answer"),
        pytest.param("labels.yml", "[T1110]", "[T11]", "should match pattern", id="technique"),
        pytest.param("impact.yml", "axis: ECO.FIN", "axis: ECO.FUN", "axis: nothing is named",
                     id="axis"),
        pytest.param("impact.yml", "grade: 4, severity", "grade: 3, severity",
                     "grade 4 has no name", id="level-missing"),
        pytest.param("impact.yml", "regimes:", "regimens:", "regimens: unknown key", id="section"),
        pytest.param("pack.yml", "zone: Asia/Almaty", "zone: Asia/Atlantis", "no zone is named",
                     id="zone"),
        pytest.param("pack.yml", "rsit.yml", "none.yml", "cannot be read", id="taxonomy"),
        pytest.param("pack.yml", "pack: kz", "name: kz", "no file says which pack", id="head"),
        pytest.param("readings.yml", "valid_from: 2022-05-03", "valid_from: soon",
                     "fromisoformat", id="date"),
        pytest.param("readings.yml", "integrity: [", "integrity: [theft, ",
                     "families: nothing is named 'theft'", id="family"),
        pytest.param("glossary.yml", "    names: {kk: иеленуші, ru: владелец, en: holder}",
                     "    names: {kk: иеленуші, en: holder}", "names.ru: is missing",
                     id="language"),
    ],
)  # fmt: skip
def test_a_broken_pack_is_refused_with_file_and_line(
    tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    """What could leave a case without answer, route or term is an error at load."""
    found = problems(tmp_path, file, (old, new))
    if message == "fromisoformat":
        assert any(f"{file}:" in line and "valid_from" in line for line in found)
        return
    assert any(message in line for line in found), found


def test_every_error_is_told_at_once(tmp_path: Path) -> None:
    """Three mistakes in two files are three problems, each at its line."""
    target = edited(
        tmp_path,
        {
            "terms.yml": [("trigger: opened", "triger: opened")],
            "labels.yml": [("harms: {destroy: yes}", "harms: {burn: yes}"), ("[T1110]", "[T1]")],
        },
    )
    with pytest.raises(ConfigurationError) as caught:
        load_pack(target)
    files = [Path(one.file).name for one in caught.value.problems]
    assert set(files) >= {"terms.yml", "labels.yml"}
    assert len(files) >= 3
    for one in caught.value.problems:
        text = (target / Path(one.file).name).read_text(encoding="utf-8").splitlines()
        assert 1 <= one.line <= len(text)


def test_rows_must_fit_together_on_every_day(tmp_path: Path) -> None:
    """An expression cannot name a limb that ended before it did."""
    edits = [("    names: {kk: іркіліс", "    valid_to: 2026-12-31\n    names: {kk: іркіліс")]
    (found,) = problems(tmp_path, "predicate.yml", *edits)
    assert "2026-12-31T19:00:00Z do not fit together" in found


@pytest.mark.parametrize("name", ["nothing", "empty"])
def test_a_folder_without_a_pack_is_told(tmp_path: Path, name: str) -> None:
    """A missing or empty folder is an error, never a pack without rows."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigurationError, match=r"nothing is there|no \*\.yml"):
        load_pack(tmp_path / name)


def test_every_route_of_the_table_cites_its_norm() -> None:
    """Each row of SPEC 4 stands in the pack."""
    rows = [row for row in kz().rows["routes"] if isinstance(row, RouteRow)]
    norms = {row.basis.partition("/")[2] for row in rows}
    assert norms >= {
        "7-2(1)(2)", "7-2(1)(5)", "17(2-1)(3)", "54(2)(6)", "7-2(1)(8)", "7-4(1)(10)",
        "7-4(1)(7-2)", "7-5(1)(3)", "7-5(2)", "16(6)", "17(3)", "7-3(1)(3)",
    }  # fmt: skip


def test_the_files_hold_sections_only() -> None:
    """Every top-level key is a section, its defaults, or the head."""
    for file in sorted(KZ.glob("*.yml")):
        keys = set(yaml.safe_load(file.read_text(encoding="utf-8")))
        assert keys <= {*SECTIONS, "defaults", "pack", "names", "zone", "instruments",
                        "rsit_classes", "rest_days"}  # fmt: skip
    assert issubclass(SECTIONS["limbs"], Row)
