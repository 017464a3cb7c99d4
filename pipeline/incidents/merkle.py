"""The Merkle tree over all heads of the audit trail (RFC 6962, section 2.1, with SHA-256).

A leaf's hash begins with a zero byte and a node's with a one, so that no node passes for a leaf.
The split at the largest power of two is the same as pairing level by level, where the odd last one
of a level goes up as it is; so one changed leaf costs one way to the root.
"""

import hashlib
from collections.abc import Sequence

import orjson

from pipeline.model.checkpoint import ChainHead


def leaf_of(head: ChainHead) -> bytes:
    """Write a head as a leaf: canonical JSON of chain, number and hash."""
    return orjson.dumps([head.chain, head.number, head.hash])


def leaf_hash(leaf: bytes) -> bytes:
    """Give a leaf's hash."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Give the hash of a node over two hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The hashes of a tree over leaves in order; a leaf can be exchanged."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._levels = [[leaf_hash(leaf) for leaf in leaves]]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            self._levels.append([_above(below, at) for at in range((len(below) + 1) // 2)])

    def exchange(self, index: int, leaf: bytes) -> None:
        """Put another leaf in place of one."""
        self._levels[0][index] = leaf_hash(leaf)
        for below, level in zip(self._levels, self._levels[1:], strict=False):
            index //= 2
            level[index] = _above(below, index)

    def root(self) -> bytes:
        """Give the root; that of no leaves is the hash of nothing."""
        return self._levels[-1][0] if self._levels[-1] else hashlib.sha256().digest()

    def path(self, index: int) -> list[bytes]:
        """Give a leaf's proof: the hashes beside its way to the root (RFC 6962, 2.1.1)."""
        found = []
        for level in self._levels[:-1]:
            beside = index ^ 1
            if beside < len(level):
                found.append(level[beside])
            index //= 2
        return found


def lies_under(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether a proof shows a leaf in its place of a tree with that root and so many leaves.

    RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        return False
    here, last, found = index, size - 1, leaf_hash(leaf)
    for beside in path:
        if last == 0:
            return False
        if here % 2 or here == last:
            found = node_hash(beside, found)
            while not here % 2 and here:
                here, last = here // 2, last // 2
        else:
            found = node_hash(found, beside)
        here, last = here // 2, last // 2
    return last == 0 and found == root


def _above(below: Sequence[bytes], index: int) -> bytes:
    left = 2 * index
    return node_hash(below[left], below[left + 1]) if left + 1 < len(below) else below[left]
