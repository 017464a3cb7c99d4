"""The audit trail as a file that verifies offline."""

import io
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import IntegrityError
from pipeline.incidents.audit import Chainer, Draft
from pipeline.incidents.audit_export import entries, export, export_chain, verify_export
from pipeline.incidents.inclusion import inclusion
from pipeline.incidents.merkle import lies_under
from pipeline.model import AuditEntry
from tests.incidents.trails import Trail, by_chain, signed_by, whole


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
    assert verify_export(LINES).breaks == ()
    assert list(entries(LINES)) == trail()
    assert len(LINES) == 9


def test_empty_export() -> None:
    """An export without entries still has its closing line, and verifies."""
    assert b"".join(export([])) == b'{"heads":[]}\n'
    assert verify_export(export([])).breaks == ()


@given(at=st.integers(0, len(WHOLE) - 1), byte=st.integers(0, 255))
def test_any_changed_byte_is_found(at: int, byte: int) -> None:
    """One byte changed anywhere is found, first of all in the line in which it stands."""
    changed = WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :]
    found = [one.line for one in verify_export(io.BytesIO(changed)).breaks]
    assert found[:1] == ([] if changed == WHOLE else [WHOLE.count(b"\n", 0, at) + 1])


@given(at=st.integers(0, len(WHOLE) - 1), count=st.integers(1, 400))
def test_any_removed_stretch_is_found(at: int, count: int) -> None:
    """Bytes cut out anywhere, the end included, are found."""
    assert verify_export(io.BytesIO(WHOLE[:at] + WHOLE[at + count :])).breaks


@given(order=st.permutations(range(len(LINES))))
def test_reordered_lines_are_found(order: list[int]) -> None:
    """Lines in any other order are found."""
    found = verify_export([LINES[number] for number in order]).breaks
    assert (found == ()) == (order == sorted(order))


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
    (found,) = verify_export(lines).breaks
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
    changed = [*LINES[:5], LINES[5].replace(old, new), *LINES[6:]]
    (found,) = verify_export(changed).breaks
    assert (found.line, found.chain, found.number) == (6, "power-7", 2)
    assert "canonical" in found.what


def test_unreadable_line() -> None:
    """Reading back what is no entry says in which line."""
    with pytest.raises(IntegrityError, match="line 3"):
        list(entries([*LINES[:2], b"nonsense\n", *LINES[2:]]))


# --- with checkpoints ---------------------------------------------------------------------------

CHECKED = b"".join(export(by_chain(whole().entries), whole().checkpoints))
ROWS = CHECKED.splitlines(keepends=True)


def proven(chain: str = "power-7") -> bytes:
    """Export one chain with its proof."""
    one = whole()
    of = [entry for entry in by_chain(one.entries) if entry.chain == chain]
    return b"".join(export_chain(of, inclusion(one.checkpoints[-1], one.covered(), chain)))


def test_checkpoints_go_with_the_file() -> None:
    """The export of a trail carries its checkpoints, verifies by them, and is read back."""
    found = verify_export(ROWS, signed_by)
    assert found.breaks == ()
    assert (found.checkpoints, found.signed) == (5, 5)
    assert list(entries(ROWS)) == by_chain(whole().entries)
    assert found.entries == len(whole().entries)


@given(at=st.integers(0, len(CHECKED) - 1), byte=st.integers(0, 255))
def test_any_changed_byte_under_checkpoints_is_found(at: int, byte: int) -> None:
    """One byte changed anywhere is found, first of all in the line in which it stands."""
    changed = CHECKED[:at] + bytes([byte]) + CHECKED[at + 1 :]
    found = [one.line for one in verify_export(io.BytesIO(changed), signed_by).breaks]
    assert found[:1] == ([] if changed == CHECKED else [CHECKED.count(b"\n", 0, at) + 1])


@given(at=st.integers(0, len(ROWS) - 1), other=st.integers(0, len(ROWS) - 1))
def test_swapped_lines_under_checkpoints(at: int, other: int) -> None:
    """Two lines that changed places are found, unless they are the same."""
    rows = list(ROWS)
    rows[at], rows[other] = rows[other], rows[at]
    assert (verify_export(rows, signed_by).breaks == ()) == (at == other)


@given(at=st.integers(0, len(ROWS) - 2))
def test_a_dropped_line_under_checkpoints(at: int) -> None:
    """A line that is gone is found, though the closing line were made anew for it."""
    rows = [*ROWS[:at], *ROWS[at + 1 : -1]]
    closing = b"".join(export(entries(rows))).splitlines(keepends=True)[-1]
    behind = whole().entries[-2:]  # under no checkpoint
    if ROWS[at] in b"".join(export(behind)).splitlines(keepends=True):
        return
    assert verify_export([*rows, closing], signed_by).breaks


@pytest.mark.parametrize(
    ("rows", "line", "words"),
    [
        pytest.param([*ROWS[5:], ROWS[0]], 26, "behind the closing line", id="behind the end"),
        pytest.param([ROWS[5], ROWS[0], *ROWS[6:]], 2, "behind entries", id="among entries"),
        pytest.param([b'{"moved":7}\n', *ROWS], 1, "no checkpoint", id="no checkpoint"),
        pytest.param([b'{"chain_proof":7}\n', *ROWS], 1, "no proof", id="no proof"),
    ],
)
def test_where_checkpoints_may_not_stand(rows: list[bytes], line: int, words: str) -> None:
    """A checkpoint that stands where none may stand, or is none, is told by its line."""
    assert (line, True) in {(one.line, words in one.what) for one in verify_export(rows).breaks}


@pytest.mark.parametrize("chain", ["administration", "bank-1", "power-7", "water-2"])
def test_one_chain_is_proved_without_the_others(chain: str) -> None:
    """One chain's export verifies under the newest checkpoint, and names no other chain."""
    data = proven(chain)
    found = verify_export(io.BytesIO(data), signed_by)
    assert found.breaks == ()
    assert (found.checkpoints, found.signed) == (1, 1)
    assert found.last is not None
    assert (found.last.number, found.last.chains) == (5, 4)
    others = {"bank-1", "power-7", "water-2"} - {chain}
    assert not any(other.encode() in data for other in others)


@given(data=st.data())
def test_any_changed_byte_of_a_proven_chain_is_found(data: st.DataObject) -> None:
    """One byte changed in a chain's export or in its proof is found."""
    held = proven()
    at = data.draw(st.integers(0, len(held) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda one: one != held[at]))
    changed = held[:at] + bytes([byte]) + held[at + 1 :]
    assert verify_export(io.BytesIO(changed), signed_by).breaks


def test_a_proven_chain_that_was_rewritten() -> None:
    """A chain made anew, with a proof of another tree, does not lie under the signed root."""
    other = Trail()
    other.write("power-7", 8)
    made = inclusion(other.check(), other.covered(), "power-7")
    true = inclusion(whole().checkpoints[-1], whole().covered(), "power-7")
    assert made is not None
    assert true is not None
    of = [one for one in other.entries if one.chain == "power-7"]
    found = verify_export(export_chain(of, replace(made, token=true.token)), signed_by)
    assert ["does not lead" in one.what for one in found.breaks] == [True]
    found = verify_export(export_chain(of, made), signed_by)
    assert ["changed or forged" in one.what for one in found.breaks] == [True]
    found = verify_export(export_chain(of, true), signed_by)
    assert {one.chain for one in found.breaks} == {"power-7"}
    found = verify_export(io.BytesIO(proven()), signed_by, {5: made.token})
    assert ["known from elsewhere" in one.what for one in found.breaks] == [True]


def test_a_chain_under_no_checkpoint() -> None:
    """A chain that no checkpoint covers has no proof, and is exported without one."""
    trail = Trail()
    trail.write("power-7")
    last = trail.check()
    assert inclusion(last, trail.covered(), "bank-1") is None
    assert verify_export(export_chain(trail.entries[:1], None)).breaks == ()


def test_the_proof_is_of_the_published_kind() -> None:
    """The proof's hashes lead from the leaf to the root by the rule of RFC 9162."""
    one = inclusion(whole().checkpoints[-1], whole().covered(), "water-2")
    found = verify_export(io.BytesIO(proven("water-2")), signed_by).last
    assert one is not None
    assert found is not None
    leaf = json.dumps(["water-2", one.head.number, one.head.hash], separators=(",", ":")).encode()
    path = [bytes.fromhex(step) for step in one.path]
    assert lies_under(leaf, 3, 4, path, bytes.fromhex(found.root))
