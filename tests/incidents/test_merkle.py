"""The Merkle tree, held to the definition of RFC 6962 and to its published test vectors."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.incidents.merkle import Tree, leaf_of, lies_under
from pipeline.model.checkpoint import ChainHead

LEAVES = st.lists(st.binary(max_size=6), min_size=1, max_size=40)


def defined(leaves: list[bytes]) -> bytes:
    """Give the root as RFC 6962, section 2.1 defines it: split at the largest power of two."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while 2 * split < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + defined(leaves[:split]) + defined(leaves[split:])).digest()


@given(leaves=st.lists(st.binary(max_size=6), max_size=40))
def test_the_root_is_the_defined_one(leaves: list[bytes]) -> None:
    """The root of any leaves is that of the recursive definition."""
    assert Tree(leaves).root() == defined(leaves)


@given(leaves=LEAVES, data=st.data())
def test_an_exchanged_leaf(leaves: list[bytes], data: st.DataObject) -> None:
    """After an exchange the tree is as if it had been made with the other leaf."""
    index = data.draw(st.integers(0, len(leaves) - 1))
    tree = Tree(leaves)
    tree.exchange(index, b"another")
    leaves[index] = b"another"
    assert tree.root() == defined(leaves)
    assert tree.path(index) == Tree(leaves).path(index)


@given(leaves=LEAVES, data=st.data())
def test_a_proof_shows_one_leaf_in_one_place(leaves: list[bytes], data: st.DataObject) -> None:
    """Each leaf's proof holds, and for no other leaf, place, size, path or root."""
    index = data.draw(st.integers(0, len(leaves) - 1))
    tree, size = Tree(leaves), len(leaves)
    path, root, leaf = tree.path(index), tree.root(), leaves[index]
    assert lies_under(leaf, index, size, path, root)
    assert not lies_under(leaf + b"x", index, size, path, root)
    assert not lies_under(leaf, index, size, [*path, b"\0" * 32], root)
    assert not lies_under(leaf, index, size, path, b"\0" * 32)
    assert not lies_under(leaf, size, size, path, root)
    if path:
        assert not lies_under(leaf, index, size, path[:-1], root)
        assert not lies_under(leaf, index ^ 1, size, path, root) or leaves.count(leaf) > 1


def test_published_roots() -> None:
    """The roots of the first leaves that implementations of RFC 6962 test with are theirs."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
    leaves = [bytes.fromhex(one) for one in inputs]
    roots = {
        0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    }
    assert {size: Tree(leaves[:size]).root().hex() for size in roots} == roots


@pytest.mark.parametrize(
    ("head", "leaf"),
    [
        pytest.param(ChainHead("a", 7, "0f"), b'["a",7,"0f"]', id="plain"),
        pytest.param(ChainHead('қ"', 1, ""), '["қ\\"",1,""]'.encode(), id="quoted"),
    ],
)
def test_a_leaf_is_canonical_json(head: ChainHead, leaf: bytes) -> None:
    """A head's bytes are its chain, number and hash as JSON without spaces, in UTF-8."""
    assert leaf_of(head) == leaf
