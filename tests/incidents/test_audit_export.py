"""The audit trail as a file that verifies offline."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import IntegrityError
from pipeline.incidents.audit import Chainer, Draft
from pipeline.incidents.audit_export import entries, export, verify_export
from pipeline.model import AuditEntry


def trail() -> list[AuditEntry]:
    """Make two chains with texts that JSON writes in several ways."""
    drafts = [
        Draft(
            chain=chain,
            entry_id=f"{chain}/{number}",
            kind="notice",
            subject='қ "quoted" \\ \x1f \x7f /',
            at=1_760_000_000_000_000_000 + number * 500_000_000,
            actor="saqshy",
            detail={"attempts": number, "share": 0.1, "big": 1e300, "none": None, "list": []},
        )
        for chain in ("administration", "power-7")
        for number in range(1, 5)
    ]
    return Chainer(head=lambda _: None, known=lambda _: False)(drafts)


WHOLE = b"".join(export(trail()))
LINES = WHOLE.splitlines(keepends=True)


def test_export_verifies_and_comes_back() -> None:
    """An untouched export has no break, and gives back the entries it was made of."""
    assert verify_export(LINES) == []
    assert list(entries(LINES)) == trail()
    assert len(LINES) == 9


def test_empty_export() -> None:
    """An export without entries still has its closing line, and verifies."""
    assert b"".join(export([])) == b'{"heads":[]}\n'
    assert verify_export(export([])) == []


@given(at=st.integers(0, len(WHOLE) - 1), byte=st.integers(0, 255))
def test_any_changed_byte_is_found(at: int, byte: int) -> None:
    """One byte changed anywhere is found, first of all in the line in which it stands."""
    changed = WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :]
    found = [one.line for one in verify_export(io.BytesIO(changed))]
    assert found[:1] == ([] if changed == WHOLE else [WHOLE.count(b"\n", 0, at) + 1])


@given(at=st.integers(0, len(WHOLE) - 1), count=st.integers(1, 400))
def test_any_removed_stretch_is_found(at: int, count: int) -> None:
    """Bytes cut out anywhere, the end included, are found."""
    assert verify_export(io.BytesIO(WHOLE[:at] + WHOLE[at + count :]))


@given(order=st.permutations(range(len(LINES))))
def test_reordered_lines_are_found(order: list[int]) -> None:
    """Lines in another order are found, unless only the chains changed places."""
    harmless = [
        [number for number in order if number in chain] == list(chain)
        for chain in (range(4), range(4, 8))
    ]
    holds = all(harmless) and order[-1] == 8
    assert (verify_export([LINES[number] for number in order]) == []) == holds


@pytest.mark.parametrize(
    ("lines", "line", "words"),
    [
        pytest.param(LINES[:-1], 9, "was cut", id="no closing line"),
        pytest.param([*LINES[:3], *LINES[4:]], 8, "do not end", id="tail of a chain"),
        pytest.param([], 1, "was cut", id="empty file"),
        pytest.param([*LINES, LINES[0]], 10, "behind the closing line", id="added behind"),
        pytest.param([b"{}\n", *LINES], 1, "no audit entry", id="other JSON"),
        pytest.param([b"\xff\n", *LINES], 1, "no audit entry", id="no text"),
    ],
)
def test_where(lines: list[bytes], line: int, words: str) -> None:
    """What is no entry is told by its line."""
    (found,) = verify_export(lines)
    assert (found.line, found.number) == (line, 0)
    assert words in found.what
    assert str(found).startswith(f"line {line}: ")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b"\\u001f", b"\\u001F", id="another escape"),
        pytest.param(b"\n", b" \n", id="a space"),
        pytest.param(b"Z", b"+00:00", id="another zone"),
        pytest.param(b"\n", b"\r\n", id="another line end"),
    ],
)
def test_the_same_in_other_bytes(old: bytes, new: bytes) -> None:
    """Bytes that say the same in another way are found, with line, chain and entry."""
    (found,) = verify_export([*LINES[:5], LINES[5].replace(old, new), *LINES[6:]])
    assert (found.line, found.chain, found.number) == (6, "power-7", 2)
    assert "canonical" in found.what


def test_unreadable_line() -> None:
    """Reading back what is no entry says in which line."""
    with pytest.raises(IntegrityError, match="line 3"):
        list(entries([*LINES[:2], b"nonsense\n", *LINES[2:]]))
