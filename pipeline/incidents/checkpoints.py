"""Checkpoints: signed statements over all chains of the audit trail at once.

A checkpoint states the Merkle root over where every chain ends, how many chains and entries there
are, when it was made, and the hash of the checkpoint before it, so that checkpoints are a chain
themselves. It is a JWS in compact form (RFC 7515) by Ed25519 (RFC 9864), or, where no key is given,
an unsecured one (RFC 7515, A.5). Pure functions: who signs is an argument.

The making of a checkpoint is recorded too, in the administration's chain: as the entry right behind
the one that it covers, in the same transaction. So an entry tells of each checkpoint, the next
checkpoint covers that entry, and neither can go without the other.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import orjson

from pipeline.incidents.audit import Draft
from pipeline.incidents.merkle import Tree, leaf_of
from pipeline.model import Instant, Json, identity, instant, rfc3339
from pipeline.model.checkpoint import ChainHead, Checkpoint

FORMAT = "saqshy-checkpoint-1"
TYPE = "saqshy-checkpoint+jws"
KIND = "checkpoint"
ADMINISTRATION = "administration"
_UNSIGNED = {"alg": "none", "typ": TYPE}

Sign = Callable[[bytes], str]
"""Makes a token of a statement's bytes."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a checkpoint says. ``previous`` is the SHA-256 of the token before it, "" in the first.

    ``chains`` and ``entries`` are how many there are; ``root`` the Merkle root over the chains'
    heads, sorted by chain; hashes are hexadecimal.
    """

    centre: str
    number: int
    previous: str
    at: Instant
    chains: int
    entries: int
    root: str


@dataclass(frozen=True, slots=True)
class Token:
    """A token taken apart: its header, the statement, and whether it carries a signature."""

    header: Json
    statement: Statement
    signed: bool


def written(statement: Statement) -> bytes:
    """Write a statement in its one byte form: JSON in UTF-8, keys sorted, no spaces."""
    document = {
        "format": FORMAT,
        "centre": statement.centre,
        "number": statement.number,
        "previous": statement.previous,
        "at": rfc3339(statement.at),
        "chains": statement.chains,
        "entries": statement.entries,
        "root": statement.root,
    }
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def unsigned(statement: bytes) -> str:
    """Make a token that nobody signed."""
    header = orjson.dumps(_UNSIGNED, option=orjson.OPT_SORT_KEYS)
    return f"{_encoded(header)}.{_encoded(statement)}."


def read_token(token: str) -> Token:
    """Take a token apart; ValueError where it is none, or not in its one form."""
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError("it has not the three parts of a JWS")
    header, payload = orjson.loads(_decoded(parts[0])), _decoded(parts[1])
    signature = _decoded(parts[2])
    document = orjson.loads(payload)
    if not isinstance(header, dict) or header.get("typ") != TYPE:
        raise ValueError(f"it is not of the type {TYPE}")
    statement = _statement(document)
    if written(statement) != payload:
        raise ValueError("its statement is not in the canonical form")
    if (header.get("alg") == "none") != (signature == b""):
        raise ValueError("its header and its signature do not fit")
    return Token(header, statement, signature != b"")


def token_hash(token: str) -> str:
    """Give the SHA-256 of a token, as the checkpoint after it names it."""
    return hashlib.sha256(token.encode()).hexdigest()


def make(
    before: Checkpoint | None,
    heads: Sequence[ChainHead],
    covered: Iterable[ChainHead],
    centre: str,
    at: Instant,
    sign: Sign = unsigned,
) -> Checkpoint:
    """Make the next checkpoint over the heads, sorted by chain.

    ``covered`` are those of the checkpoint before.
    """
    statement = Statement(
        centre=centre,
        number=before.number + 1 if before else 1,
        previous=token_hash(before.token) if before else "",
        at=at,
        chains=len(heads),
        entries=sum(head.number for head in heads),
        root=Tree([leaf_of(head) for head in heads]).root().hex(),
    )
    known = set(covered)
    moved = tuple(head for head in heads if head not in known)
    return Checkpoint(statement.number, sign(written(statement)), moved)


def told(checkpoint: Checkpoint, at: Instant) -> Draft:
    """Give the entry that tells of a checkpoint; the next one covers it."""
    digest = token_hash(checkpoint.token)
    return Draft(
        chain=ADMINISTRATION,
        entry_id=identity(KIND, checkpoint.number, digest),
        kind=KIND,
        subject=str(checkpoint.number),
        at=at,
        actor="saqshy",
        detail={"number": checkpoint.number, "sha256": digest},
    )


def _statement(document: object) -> Statement:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"it does not say that it is {FORMAT}")
    try:
        return Statement(
            centre=str(document["centre"]),
            number=int(document["number"]),
            previous=str(document["previous"]),
            at=instant(str(document["at"])),
            chains=int(document["chains"]),
            entries=int(document["entries"]),
            root=str(document["root"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"it does not say: {error}") from error


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    """Read base64url without padding, in its one form (RFC 4648, 3.5 and 5)."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("it is no base64url") from error
    if _encoded(data) != text:
        raise ValueError("its base64url is not in the canonical form")
    return data
