"""Tests of an operator's own rows over a pack: entered with their source, never editing ours."""

import re
from pathlib import Path

import pytest

from pipeline.assess import CentreTerms, Moments, assess, load_pack, terms_due
from pipeline.assess.rows import ByLawRow, row_key
from pipeline.errors import ConfigurationError
from pipeline.model import instant
from tests.assess.making import HOUR, INCIDENT, KZ, case, kz, plant
from tests.registry.making import RULES

LISTED = {"sector": "industry", "list_ref": "list, 1", "listed_at": "2025-01-01"}
README = RULES / "law" / "README.md"
BEFORE, AFTER = instant("2026-05-31T12:00:00Z"), instant("2026-06-01T12:00:00Z")
SIGNED = "overlay: kz\ndefaults: {author: Duty lead, set_at: 2026-05-20, source: Order 1}\n"


def example() -> str:
    """Give the overlay that the documentation offers for copying."""
    found = re.search(r"```yaml\n(# law-overlay/.*?)```", README.read_text(encoding="utf-8"), re.S)
    assert found is not None
    return found[1]


def overlay(folder: Path, text: str) -> Path:
    """Write an overlay of one file."""
    target = folder / "law-overlay"
    target.mkdir()
    (target / "own.yml").write_text(text, encoding="utf-8")
    return target


def test_the_documented_example_enters_a_by_law(tmp_path: Path) -> None:
    """Copied as it stands it ends the missing row and gives the number, with its source."""
    pack = load_pack(KZ, overlay(tmp_path, example()))
    for at, missing, due in (
        (BEFORE, "monitoring_rules", None),
        (AFTER, "", AFTER + 3 * HOUR),
    ):
        given = case(INCIDENT, plant(critical=LISTED), pack=pack, at=at)
        assert given.object is not None
        clocks = terms_due(pack, assess(given), Moments(at), given.object.flags(at))
        (limit,) = [one for one in clocks if one.basis == "kz-418-V/17(2-1)(3)"]
        assert (limit.missing, limit.due_at, limit.set_by) == (missing, due, "by-law")
    rows = [row for row in pack.at(AFTER).rows["by_laws"] if isinstance(row, ByLawRow)]
    entered = next(row for row in rows if row.id == "monitoring_rules")
    assert entered.source.startswith("Order")
    assert entered.author


def test_an_overlay_changes_the_revision_and_not_our_rows(tmp_path: Path) -> None:
    """What stood before the day of the change stands as it was; only its end is written."""
    pack = load_pack(KZ, overlay(tmp_path, example()))
    assert pack.revision != kz().revision
    ours = {(name, row_key(row)) for name, rows in kz().rows.items() for row in rows}
    theirs = {(name, row_key(row)) for name, rows in pack.rows.items() for row in rows}
    assert ours <= theirs
    at = instant("2026-03-02T12:00:00Z")
    assert assess(case(INCIDENT, pack=pack, at=at)).route == assess(case(INCIDENT, at=at)).route


def test_an_empty_overlay_changes_nothing(tmp_path: Path) -> None:
    """A folder in which nothing was entered yet is no error."""
    (tmp_path / "none").mkdir()
    assert load_pack(KZ, tmp_path / "none").revision == kz().revision


def test_another_policy_can_stand_in_the_place_of_ours(tmp_path: Path) -> None:
    """Rows without an id are ended by the name that `law show` prints."""
    ours = next(row for row in kz().rows["occurrence"])
    text = (
        "overlay: kz\ndefaults: {author: Head, set_at: 2026-05-20, set_by: policy}\n"
        f"ends:\n  - {{section: occurrence, row: {row_key(ours)}, last_day: 2026-05-31}}\n"
        "occurrence:\n  - {window: PT1H, basis: kz-418-V/1(31), valid_from: 2026-06-01}\n"
    )
    pack = load_pack(KZ, overlay(tmp_path, text))
    assert (pack.at(BEFORE).window, pack.at(AFTER).window) == (24 * HOUR, HOUR)


UPDATE = "ends:\n  - {section: terms, row: update.policy, "
ROW = (
    "{id: x, subject: incident, role: ncc, parties: ['role:ncc'], set_by: by-law, "
    "valid_from: 2026-06-01"
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("overlay: nis2\n", "own.yml:1: overlay: 'nis2' is not this pack", id="other"),
        pytest.param("routes: []\n", "overlay: None is not this pack", id="unnamed"),
        pytest.param("overlay: kz\nroutes:\n  - " + ROW + ", basis: kz-418-V/1(5)}\n",
                     "own.yml:3: x: a row of an overlay names its author", id="unsigned"),
        pytest.param("overlay: kz\nroutes:\n  - " + ROW + ", basis: kz-418-V/1(5), author: A, "
                     "set_at: 2026-01-01}\n", "own.yml:3: x: set_by by-law needs its source",
                     id="no-source"),
        pytest.param(SIGNED + "routes:\n  - " + ROW + ", basis: order-1/2}\n",
                     "cites no instrument", id="unknown-instrument"),
        pytest.param(SIGNED + "ends:\n  - {section: terms, row: nothing, last_day: 2026-05-31}\n",
                     "own.yml:4: ends: terms has no row 'nothing'", id="ends-nothing"),
        pytest.param(SIGNED + "ends:\n  - {section: colours, row: a, last_day: 2026-05-31}\n",
                     "ends: no section 'colours'", id="ends-no-section"),
        pytest.param(SIGNED + UPDATE + "last_day: 2020-01-01}\n",
                     "is not in force until", id="ends-before-it-began"),
        pytest.param(SIGNED + UPDATE + "last_dya: 2026-01-01}\n",
                     "did you mean 'last_day'?", id="misspelt"),
        pytest.param(SIGNED + UPDATE + "last_day: 2026-05-31}\n",
                     "the leg 'update' to", id="ends-a-term-that-is-needed"),
        pytest.param(SIGNED + "terms:\n  - {id: update.policy, leg: update, trigger: changed, "
                     "offset: PT2H, recipients: [ncc], set_by: policy, basis: policy, "
                     "valid_from: 2026-06-01}\n", "in force at the same time", id="twice"),
        pytest.param(SIGNED + "instruments:\n  kz-418-V: {names: {kk: a, ru: b, en: c}, text: d}\n",
                     "is the pack's own", id="instrument-of-ours"),
        pytest.param(SIGNED + "zone: UTC\n", "zone: unknown key", id="head"),
    ],
)  # fmt: skip
def test_a_wrong_overlay_is_refused_with_file_and_line(
    tmp_path: Path, text: str, message: str
) -> None:
    """Nothing is guessed: with an overlay that does not fit the pack does not load."""
    with pytest.raises(ConfigurationError) as caught:
        load_pack(KZ, overlay(tmp_path, text))
    assert any(message in str(one) for one in caught.value.problems), caught.value.problems


def test_an_overlay_can_bring_its_own_instrument(tmp_path: Path) -> None:
    """A by-law that rows cite is named with its text."""
    text = SIGNED + (
        "instruments:\n  order-1: {names: {kk: a, ru: b, en: c}, text: Order 1 of 2026}\n"
        "ends:\n  - {section: terms, row: update.policy, last_day: 2026-05-31}\n"
        "terms:\n  - {id: update.policy, leg: update, trigger: changed, offset: PT30M, recipients: "
        "[holder, ncc, owner, sectoral_centre, hosted_owner, hosted_holder, duty_officer], "
        "set_by: by-law, basis: order-1/3, valid_from: 2026-06-01}\n"
    )
    pack = load_pack(KZ, overlay(tmp_path, text))
    term = CentreTerms(pack, AFTER)("update", "ncc", AFTER)
    assert (term.due_at, term.basis, term.set_by) == (AFTER + HOUR // 2, "order-1/3", "by-law")
