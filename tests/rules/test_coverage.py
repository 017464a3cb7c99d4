"""The table of coverage that ships: whole against the digests, and true of this tree."""

import re
from pathlib import Path

import pytest

from pipeline.assess import load_pack
from pipeline.runtime.coverage import Coverage, Status, load_coverage
from pipeline.runtime.coverage_checks import Tree, broken
from pipeline.runtime.norms import is_part_of
from tests.rules.citations import DIGESTS, LAW, SPEC, citations, headings, marks

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "rules/law/coverage"
PACK = ROOT / "rules/law/kz"

digests = pytest.mark.skipif(not LAW.is_dir(), reason="../shared/law is not on this machine")


@pytest.fixture(scope="module")
def coverage() -> Coverage:
    return load_coverage(TABLE)


def test_what_rows_name_is_there(coverage: Coverage) -> None:
    """Each module, symbol, file, row of data and test that the table names exists and can fail."""
    assert [str(problem) for problem in broken(coverage, Tree(ROOT, ROOT / "rules"))] == []


@digests
@pytest.mark.parametrize("digest", [*DIGESTS, SPEC])
def test_every_norm_of_the_digests_has_a_row(coverage: Coverage, digest: str) -> None:
    """Whatever article a digest names has a row, or is left out with its reason."""
    missing = [
        str(cited)
        for cited in citations(digest)
        if not any(coverage.covers(norm) for norm in cited.candidates)
    ]
    assert missing == []


@digests
@pytest.mark.parametrize("digest", DIGESTS)
def test_every_mark_of_the_digests_has_a_row(coverage: Coverage, digest: str) -> None:
    """Whatever a digest numbers (E8, NS-13, IL-46, R4) stands at a row, and no row invents one."""
    told = coverage.marks(digest)
    if digest == "information_law.md":
        told = frozenset(
            norm.partition("/")[2] for entry in coverage.entries for norm in entry.norms
            if entry.digest == digest
        )  # fmt: skip
    assert told == marks(digest)


@digests
def test_rows_stand_under_headings_of_their_digest(coverage: Coverage) -> None:
    """Each row says where in its digest it is read, by a heading that is there."""
    known = {(digest, heading) for digest in DIGESTS for heading in headings(digest)}
    assert {(entry.digest, entry.heading) for entry in coverage.entries} <= known


@digests
def test_the_reader_of_digests_reads_their_forms() -> None:
    """Of each form in which the digests cite, an example is read as the norms that it means."""
    found = {
        (digest, cited.text, norm)
        for digest in DIGESTS
        for cited in citations(digest)
        for norm in cited.candidates
    }
    forms = {
        ("informatization.md", "54(2)(3)"): "kz-418-V/54(2)(3)",  # inside 54(2)(1)-(5)
        ("informatization.md", "1(6-4)"): "kz-418-V/1(6-4)",  # inside 1(6-1)..(6-7)
        ("informatization.md", "(7-1)"): "kz-418-V/7-4(1)(7-1)",  # alone behind 7-4(1)
        ("informatization.md", "39-1"): "kz-418-V/39-1",  # an article with its line
        ("national_security.md", "3(5)"): "kz-527-IV/3(5)",
        ("national_security.md", "(13)"): "kz-527-IV/15(1)(13)",  # a cell under "Lead under 15(1)"
        ("national_security.md", "27"): "kz-527-IV/27",  # bold
        ("state_secrets.md", "26"): "kz-349-I/26",  # inside arts. 25-27
        ("state_secrets.md", "37(6)"): "kz-418-V/37(6)",  # behind Inf.
        ("state_secrets.md", "37(7)"): "kz-418-V/37(7)",  # that goes on behind Inf.
        ("information_law.md", "53(3)"): "kz-418-V/53(3)",
    }
    assert {(*form, norm) for form, norm in forms.items()} - found == set()


@digests
def test_a_digest_is_read_whole() -> None:
    """The reader finds at least as many norms as a plain search for articles with brackets."""
    for digest in DIGESTS:
        text = (LAW / digest).read_text(encoding="utf-8")
        plain = set(re.findall(r"(?<![\w.(-])\d{1,2}(?:-\d)?(?:\(\d+(?:-\d+)?\))+", text))
        read = {cited.text for cited in citations(digest)}
        assert plain - read == set()


def test_instruments_are_those_of_the_pack(coverage: Coverage) -> None:
    """The table cites the laws that the Kazakh pack cites, and the course beside them."""
    laws = {name.removesuffix("-kk") for name in coverage.instruments}
    assert laws - {"information-law-course"} == set(load_pack(PACK).head.instruments)


def test_every_ground_of_the_pack_has_a_row(coverage: Coverage) -> None:
    """Whatever norm a row of the law pack stands on is a norm of the table, and not left out."""
    pack = load_pack(PACK)
    cited = {row.basis for rows in pack.rows.values() for row in rows if row.basis != "policy"}
    told = {norm for entry in coverage.entries for norm in entry.norms}
    assert {norm for norm in cited if not any(is_part_of(one, norm) for one in told)} == set()


def test_every_norm_that_the_project_cites_has_a_row(coverage: Coverage) -> None:
    """Rules, duties, detectors and code cite no norm of a law that the table does not tell."""
    form = re.compile(r"\bkz-(?:418-V|527-IV|349-I)/\d+(?:-\d+)?(?:\(\d+(?:-\d+)?\))*")
    told = {norm for entry in coverage.entries for norm in entry.norms}
    files = [*(ROOT / "rules").rglob("*.yml"), *(ROOT / "pipeline").rglob("*.py")]
    untold = [
        f"{path.relative_to(ROOT)}: {norm}"
        for path in sorted(files)
        if TABLE not in path.parents
        for norm in sorted(set(form.findall(path.read_text(encoding="utf-8"))))
        if not any(is_part_of(one, norm) for one in told)
    ]
    assert untold == []


def test_each_status_is_used(coverage: Coverage) -> None:
    """The table tells done from partly done, open, configured and not for software."""
    assert {entry.row.status for entry in coverage.entries} == set(Status)


def test_what_is_left_out_says_why(coverage: Coverage) -> None:
    """A norm is left out once, with a reason."""
    norms = [norm for omission in coverage.left_out for norm in omission.norms]
    assert len(norms) == len(set(norms))
    assert all(omission.reason for omission in coverage.left_out)
