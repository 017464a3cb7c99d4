"""A checkpoint of the audit trail: a statement about where every chain ends, and what moved."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Where a chain of the audit trail ends: the number and the hash of its newest entry."""

    chain: str
    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One checkpoint: numbered from 1 without gaps.

    ``token`` is the statement as a JWS in compact form (RFC 7515, 7.1), over the Merkle root of all
    heads. ``moved`` are the heads that are not those of the checkpoint before, by chain: with them
    the root is computed anew. They are not signed themselves, since the root tells them.
    """

    number: int
    token: str
    moved: tuple[ChainHead, ...]
