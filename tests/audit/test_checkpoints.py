"""The auditor's own reading of checkpoints, held to trails that the product made."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.audit import ChainEnd, CheckpointFollower, Discrepancy, Forest
from pipeline.incidents.checkpoints import read_token, unsigned, written
from pipeline.incidents.merkle import Tree, leaf_of
from pipeline.model import AuditEntry
from pipeline.model.checkpoint import ChainHead, Checkpoint
from tests.incidents.trails import Trail, key, signer, whole

Checkpoints = list[Checkpoint]
ENDS = st.dictionaries(st.text(max_size=3), st.integers(1, 99), max_size=12)


def followed(checkpoints: Checkpoints, entries: list[AuditEntry]) -> list[Discrepancy]:
    """Follow checkpoints from the first on, with the key that signed."""
    at = {(one.chain, one.number): one for one in entries}
    follower = CheckpointFollower([key(1).public_key()], Forest({}))
    found: list[Discrepancy] = []
    for one in checkpoints:
        found += follower.see(one, lambda chain, number: at.get((chain, number)))
    return found


def said(found: list[Discrepancy]) -> list[tuple[str, str]]:
    """Give subject and what of each alarm."""
    return [(one.subject, one.what) for one in found]


def test_a_trail_that_was_left_alone() -> None:
    """What the product made, the auditor finds in order, by its own means."""
    assert followed(whole().checkpoints, whole().entries) == []


@given(rounds=st.lists(ENDS, max_size=6))
def test_two_ways_to_one_root(rounds: list[dict[str, int]]) -> None:
    """However chains move and come, the auditor's root is that of the product's tree."""
    forest = Forest({})
    for moved in rounds:
        forest.move({name: ChainEnd(number, f"{number:x}") for name, number in moved.items()})
        ends = sorted(forest.ends.items())
        leaves = [leaf_of(ChainHead(name, one.number, one.hash)) for name, one in ends]
        assert forest.root() == Tree(leaves).root().hex()


def put(number: int, change: Callable[[Checkpoint], Checkpoint]) -> Callable[..., Checkpoints]:
    """Put another checkpoint in place of one."""
    return lambda all_: [change(one) if one.number == number else one for one in all_]


def resigned(seed: int, **changes: object) -> Callable[[Checkpoint], Checkpoint]:
    """Say something else under a key; 0: under none."""
    sign = signer(seed) if seed else unsigned

    def change(one: Checkpoint) -> Checkpoint:
        statement = replace(read_token(one.token).statement, **changes)  # type: ignore[arg-type]
        return replace(one, token=sign(written(statement)))

    return change


MISFITS = {
    "dropped": (lambda all_: [all_[0], *all_[2:]], ("checkpoint#3", "checkpoints_missing")),
    "swapped": (
        lambda all_: [all_[1], all_[0], *all_[2:]],
        ("checkpoint#2", "checkpoints_missing"),
    ),
    "forged": (put(2, resigned(2)), ("checkpoint#2", "checkpoint_forged")),
    "unsigned": (put(2, resigned(0)), ("checkpoint#2", "checkpoint_unsigned")),
    "said otherwise": (put(2, resigned(1, at=0)), ("checkpoint#3", "checkpoint_unlinked")),
    "another root": (put(5, resigned(1, root="00")), ("checkpoint#5", "checkpoint_misfit")),
    "another count": (put(5, resigned(1, entries=1)), ("checkpoint#5", "checkpoint_misfit")),
    "another number": (put(5, resigned(1, number=6)), ("checkpoint#5", "checkpoints_missing")),
    "no token": (
        put(2, lambda one: replace(one, token="a.b")),
        ("checkpoint#2", "checkpoint_unreadable"),
    ),
    "no object": (
        put(2, lambda one: replace(one, token=unsigned(b"[]"))),
        ("checkpoint#2", "checkpoint_unreadable"),
    ),
    "a head changed": (
        put(4, lambda one: replace(one, moved=(replace(one.moved[0], hash="0"), *one.moved[1:]))),
        ("checkpoint#4", "checkpoint_misfit"),
    ),
}


@pytest.mark.parametrize(("make", "alarm"), MISFITS.values(), ids=MISFITS.keys())
def test_misfits(make: Callable[[Checkpoints], Checkpoints], alarm: tuple[str, str]) -> None:
    """A checkpoint that does not fit raises an alarm that names it first."""
    assert said(followed(make(list(whole().checkpoints)), whole().entries))[0] == alarm


def test_an_entry_under_a_checkpoint_that_is_another() -> None:
    """A covered entry that was changed, or is gone, is named by its place."""
    entries = list(whole().entries)
    at = next(at for at, one in enumerate(entries) if one.chain == "bank-1" and one.number == 4)
    entries[at] = replace(entries[at], actor="nobody")
    assert said(followed(whole().checkpoints, entries)) == [("bank-1#4", "covered_entry")]
    del entries[at]
    (alarm,) = followed(whole().checkpoints, entries)
    assert alarm.said == "checkpoint 2: entry 4 of chain 'bank-1', which it covers, is missing"


def test_before_the_first_signature_nothing_is_asked() -> None:
    """Checkpoints of the time before there was a key are no alarm."""
    trail = Trail()
    trail.write("power-7")
    trail.check()
    trail.check(signer())
    assert followed(trail.checkpoints, trail.entries) == []
