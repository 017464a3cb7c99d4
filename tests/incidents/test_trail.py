"""The trail under its checkpoints: whatever is done to it is found, and where."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.incidents.audit import Break, entry_hash
from pipeline.incidents.checkpoints import read_token, written
from pipeline.incidents.trail import Verified, verify_trail
from pipeline.model import AuditEntry
from pipeline.model.checkpoint import ChainHead, Checkpoint
from tests.incidents.trails import Trail, by_chain, signed_by, signer, whole

Entries = list[AuditEntry]
Checkpoints = list[Checkpoint]
ENTRIES = by_chain(whole().entries)
CHECKPOINTS = whole().checkpoints
COVERED = {head.chain: head.number for one in CHECKPOINTS for head in one.moved}
UNDER = [at for at, one in enumerate(ENTRIES) if one.number <= COVERED[one.chain]]
CHAINS = sorted(COVERED)
KNOWN = {one.number: one.token for one in CHECKPOINTS}


def checked(
    entries: Entries,
    checkpoints: Checkpoints | None = None,
    elsewhere: Mapping[int, str] | None = None,
) -> Verified:
    """Verify with the key that signed."""
    held = CHECKPOINTS if checkpoints is None else checkpoints
    return verify_trail(held, entries, signed_by, elsewhere)


def places(found: Verified) -> list[tuple[str, int, int]]:
    """Give chain, entry and checkpoint of each break."""
    return [(one.chain, one.number, one.checkpoint) for one in found.breaks]


def rewritten(entries: Entries, at: int, **changes: object) -> Entries:
    """Change an entry and give the rest of its chain the hashes that then fit."""
    made, previous = list(entries), entries[at].previous_hash
    for index in range(at, len(entries)):
        if entries[index].chain != entries[at].chain:
            break
        one = replace(entries[index], previous_hash=previous)
        one = replace(one, **changes) if index == at else one  # type: ignore[arg-type]
        made[index] = replace(one, hash=entry_hash(one))
        previous = made[index].hash
    return made


def test_an_untouched_trail_verifies() -> None:
    """Nothing is found where nothing was done; what lies behind the last checkpoint is counted."""
    found = checked(ENTRIES, elsewhere=KNOWN)
    assert found.breaks == ()
    assert (found.entries, found.covered) == (len(ENTRIES), len(UNDER))
    assert found.entries - found.covered == 3  # two entries, and the one that tells of the last
    assert (found.checkpoints, found.signed, found.keys) == (5, 5, True)
    assert found.last == read_token(CHECKPOINTS[-1].token).statement


TEXTS = ("chain", "entry_id", "kind", "subject", "actor", "previous_hash", "hash")


@given(at=st.sampled_from(range(len(ENTRIES))), name=st.sampled_from((*TEXTS, "number", "at")))
def test_a_changed_field(at: int, name: str) -> None:
    """Any field of any entry that is changed is found, and the first break names the entry."""
    entry = ENTRIES[at]
    value = getattr(entry, name)
    other: Any = f"{value}x" if name in TEXTS else value + 1
    changed = replace(entry, **{name: other})
    found = checked([*ENTRIES[:at], changed, *ENTRIES[at + 1 :]])
    assert (changed.chain, changed.number) in {(one.chain, one.number) for one in found.breaks}


@given(at=st.sampled_from(UNDER))
def test_a_dropped_entry(at: int) -> None:
    """An entry taken out of its chain is found at its place, or as the end that is missing."""
    entry = ENTRIES[at]
    found = checked([*ENTRIES[:at], *ENTRIES[at + 1 :]])
    numbers = [one.number for one in found.breaks if one.chain == entry.chain]
    assert {entry.number, entry.number + 1} & set(numbers)


@given(at=st.sampled_from(range(len(ENTRIES) - 1)))
def test_swapped_entries(at: int) -> None:
    """Two entries of a chain that changed places are both found there; chains apart may mix."""
    first, second = ENTRIES[at], ENTRIES[at + 1]
    found = checked([*ENTRIES[:at], second, first, *ENTRIES[at + 2 :]])
    named = {(one.chain, one.number) for one in found.breaks}
    expected = {(one.chain, one.number) for one in (first, second)}
    assert named >= expected if first.chain == second.chain else not named


@given(chain=st.sampled_from(CHAINS), data=st.data())
def test_a_cut_tail(chain: str, data: st.DataObject) -> None:
    """A chain that ends before its covered head is found, with the entries that are missing."""
    keep = data.draw(st.integers(0, COVERED[chain] - 1))
    found = checked([one for one in ENTRIES if one.chain != chain or one.number <= keep])
    assert (chain, COVERED[chain]) in {(one.chain, one.number) for one in found.breaks}
    assert all(one.number > keep for one in found.breaks)


@given(at=st.sampled_from(UNDER))
def test_a_chain_rewritten_with_its_hashes(at: int) -> None:
    """A chain with all hashes made anew is found, and between which entries it was rewritten."""
    entry = ENTRIES[at]
    found = checked(rewritten(ENTRIES, at, actor="nobody"))
    first = next(one for one in found.breaks if one.chain == entry.chain)
    covering = [head for one in CHECKPOINTS for head in one.moved if head.chain == entry.chain]
    until = min(head.number for head in covering if head.number >= entry.number)
    since = max((head.number for head in covering if head.number < entry.number), default=0)
    assert first.number == until
    assert f"rewritten at {since + 1} or behind" in first.what
    assert first.checkpoint > 0


@pytest.mark.parametrize("chain", CHAINS)
def test_a_dropped_chain(chain: str) -> None:
    """A chain that is gone as a whole is found by its name."""
    found = checked([one for one in ENTRIES if one.chain != chain])
    assert {one.chain for one in found.breaks} == {chain}
    assert "ends before" in found.breaks[0].what


def test_an_added_chain() -> None:
    """A chain that begins after the last checkpoint is no break: nothing is known of it yet."""
    trail = Trail(list(ENTRIES))
    trail.write("zoo-9")
    trail.entries[-1] = replace(trail.entries[-1], entry_id="new", hash="")
    trail.entries[-1] = replace(trail.entries[-1], hash=entry_hash(trail.entries[-1]))
    assert checked(trail.entries).breaks == ()


# --- checkpoints ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A mutation of the checkpoints, and the one that the first break must name."""

    make: Callable[[Checkpoints], Checkpoints]
    number: int
    words: str


def forged(seed: int, **changes: object) -> Callable[[Checkpoint], Checkpoint]:
    """Say something else under a key."""

    def change(one: Checkpoint) -> Checkpoint:
        statement = replace(read_token(one.token).statement, **changes)  # type: ignore[arg-type]
        return replace(one, token=signer(seed)(written(statement)))

    return change


def put(number: int, change: Callable[[Checkpoint], Checkpoint]) -> Callable[..., Checkpoints]:
    """Put another checkpoint in place of one."""
    return lambda all_: [change(one) if one.number == number else one for one in all_]


def head_moved(one: Checkpoint) -> Checkpoint:
    """Change the hash of a head that is kept with a checkpoint."""
    head = replace(one.moved[0], hash="0" * 64)
    return replace(one, moved=(head, *one.moved[1:]))


CASES = {
    "dropped": Case(lambda all_: [all_[0], *all_[2:]], 3, "missing: 2"),
    "two dropped": Case(lambda all_: [all_[0], *all_[3:]], 4, "missing: 2-3"),
    "first dropped": Case(lambda all_: all_[1:], 2, "missing: 1"),
    "swapped": Case(lambda all_: [all_[0], all_[2], all_[1], *all_[3:]], 3, "missing: 2"),
    "repeated": Case(lambda all_: [all_[0], *all_], 1, "where checkpoint 2 should"),
    "forged by another key": Case(put(3, forged(2)), 3, "not by a key that is trusted"),
    "another time, forged": Case(put(3, forged(2, at=0)), 3, "not by a key"),
    "another time, signed": Case(put(3, forged(1, at=0)), 4, "does not follow"),
    "another root, signed": Case(put(5, forged(1, root="00")), 5, "do not give its counts"),
    "another count, signed": Case(put(5, forged(1, chains=9)), 5, "do not give its counts"),
    "renumbered": Case(put(5, lambda one: replace(one, number=6)), 6, "missing: 5"),
    "token of another": Case(
        lambda all_: put(4, lambda one: replace(one, token=all_[1].token))(all_),
        4,
        "statement is that of checkpoint 2",
    ),
    "a head changed": Case(put(4, head_moved), 4, "do not give its counts and root"),
    "a head taken out": Case(
        put(4, lambda one: replace(one, moved=one.moved[1:])), 4, "do not give its counts"
    ),
    "heads reordered": Case(
        put(4, lambda one: replace(one, moved=one.moved[::-1])), 4, "not sorted"
    ),
    "a head put back": Case(
        put(4, lambda one: replace(one, moved=(ChainHead("power-7", 4, "00"), *one.moved))),
        4,
        "not sorted",
    ),
    "no token": Case(put(2, lambda one: replace(one, token="x")), 2, "does not read"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_changed_checkpoints(case: Case) -> None:
    """Whatever is done to the checkpoints is found, and the first break names where."""
    found = checked(ENTRIES, case.make(list(CHECKPOINTS)))
    assert found.breaks[0].checkpoint == case.number
    assert case.words in found.breaks[0].what


@pytest.mark.parametrize("count", range(5))
def test_checkpoints_cut_off(count: int) -> None:
    """Checkpoints missing at the end are found by the entries that tell of them."""
    found = checked(ENTRIES, CHECKPOINTS[:count])
    told = [one for one in found.breaks if "tells of checkpoint" in one.what]
    assert [one.what.split()[4] for one in told] == [f"{n}," for n in range(count + 1, 6)]
    assert {one.chain for one in told} == {"administration"}


@given(data=st.data())
def test_a_changed_byte_of_a_token(data: st.DataObject) -> None:
    """One character changed in any checkpoint's token is found, and the checkpoint named."""
    number = data.draw(st.integers(1, len(CHECKPOINTS)))
    token = CHECKPOINTS[number - 1].token
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda one: one != token[at]))
    changed = token[:at] + other + token[at + 1 :]
    found = checked(ENTRIES, put(number, lambda one: replace(one, token=changed))(CHECKPOINTS))
    assert number in {one.checkpoint for one in found.breaks}


@given(data=st.data())
def test_without_a_key_a_changed_byte_is_found_too(data: st.DataObject) -> None:
    """Where no key is given, the entry that tells of a checkpoint gives the change away."""
    number = data.draw(st.integers(1, len(CHECKPOINTS)))
    token = CHECKPOINTS[number - 1].token
    at = data.draw(st.integers(0, len(token) - 1))
    changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
    held = put(number, lambda one: replace(one, token=changed))(CHECKPOINTS)
    assert number in {one.checkpoint for one in verify_trail(held, ENTRIES).breaks}


# --- what is known from elsewhere ---------------------------------------------------------------


def remade(until: int, seed: int) -> Trail:
    """Make a whole other trail, consistent in itself, under another key."""
    trail = Trail()
    for number in range(until):
        trail.write("administration")
        trail.write("power-7", number + 1)
        trail.check(signer(seed))
    return trail


def test_a_whole_other_trail_shows_against_a_key() -> None:
    """A trail that was made anew from its beginning holds in itself, and by no trusted key."""
    trail = remade(3, 2)
    assert verify_trail(trail.checkpoints, by_chain(trail.entries)).breaks == ()
    found = checked(by_chain(trail.entries), trail.checkpoints)
    assert [one.checkpoint for one in found.breaks] == [1, 2, 3]


def test_a_whole_other_trail_shows_against_a_copy() -> None:
    """Even the right key cannot change what the coordination centre has a copy of."""
    trail = remade(3, 1)
    found = checked(by_chain(trail.entries), trail.checkpoints, {2: KNOWN[2]})
    assert places(found) == [("", 0, 2)]
    found = checked(by_chain(trail.entries), trail.checkpoints, {4: KNOWN[4]})
    assert [(one.checkpoint, "was cut" in one.what) for one in found.breaks] == [(4, True)]


def mixed(*signs: int) -> Trail:
    """Make a trail whose checkpoints are signed (1) or not (0)."""
    trail = Trail()
    for signed in signs:
        trail.write("power-7")
        trail.check(signer()) if signed else trail.check()
    return trail


@pytest.mark.parametrize(
    ("signs", "unvouched"),
    [
        pytest.param((0, 0, 1), [], id="a key came later"),
        pytest.param((1, 0, 1), [], id="between"),
        pytest.param((1, 0, 0), [2, 3], id="the key went"),
        pytest.param((0, 0), [1, 2], id="never a key"),
    ],
)
def test_unsigned_checkpoints(signs: tuple[int, ...], unvouched: list[int]) -> None:
    """An unsigned checkpoint holds where a later signed one vouches for it by the chain."""
    trail = mixed(*signs)
    found = checked(by_chain(trail.entries), trail.checkpoints)
    assert [one.checkpoint for one in found.breaks] == unvouched
    assert verify_trail(trail.checkpoints, by_chain(trail.entries)).breaks == ()


def test_a_break_says_where() -> None:
    """A break reads as line, chain, entry, checkpoint and what is wrong."""
    one = Break("a", 3, "gone", 7, 2)
    assert str(one) == "line 7, chain 'a', entry 3, checkpoint 2: gone"
