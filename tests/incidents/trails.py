"""A made trail with signed checkpoints, as a running system leaves it behind."""

from base64 import urlsafe_b64decode
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jws
from joserfc.jwk import OKPKey

from pipeline.incidents.audit import Chainer, Draft
from pipeline.incidents.checkpoints import TYPE, Sign, make, told, unsigned
from pipeline.model import AuditEntry
from pipeline.model.checkpoint import ChainHead, Checkpoint

WHEN = 1_760_000_000_000_000_123
MINUTE = 60 * 10**9


def key(seed: int) -> Ed25519PrivateKey:
    """Give a key that is the same in every run."""
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


def signer(seed: int = 1) -> Sign:
    """Give what signs with a key."""
    imported = OKPKey.import_key(_pem(key(seed)))
    header = {"alg": "Ed25519", "typ": TYPE}
    return lambda statement: jws.serialize_compact(
        header, statement, imported, algorithms=["Ed25519"]
    )


def signed_by(token: str, seed: int = 1) -> bool:
    """Tell whether a key signed a token, by cryptography alone."""
    head, payload, signature = token.split(".")
    raw = urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    try:
        key(seed).public_key().verify(raw, f"{head}.{payload}".encode())
    except InvalidSignature:
        return False
    return True


@dataclass
class Trail:
    """Entries and checkpoints in the order in which they were made."""

    entries: list[AuditEntry] = field(default_factory=list)
    checkpoints: list[Checkpoint] = field(default_factory=list)
    _number: int = 0

    def write(self, chain: str, count: int = 1) -> None:
        """Let something be recorded in a chain."""
        drafts = []
        for _ in range(count):
            self._number += 1
            drafts.append(
                Draft(
                    chain=chain,
                    entry_id=f"entry-{self._number}",
                    kind="incident",
                    subject=f'қ "{self._number}"',
                    at=WHEN + self._number * MINUTE,
                    actor="saqshy",
                    detail={"number": self._number, "list": [None, True]},
                )
            )
        self.add(drafts)

    def add(self, drafts: Sequence[Draft]) -> None:
        """Chain drafts."""
        heads = {entry.chain: entry for entry in self.entries}
        self.entries += Chainer(heads.get, lambda _: False)(drafts)

    def heads(self) -> list[ChainHead]:
        """Give where every chain ends."""
        ends = {one.chain: ChainHead(one.chain, one.number, one.hash) for one in self.entries}
        return [ends[chain] for chain in sorted(ends)]

    def covered(self) -> list[ChainHead]:
        """Give the heads that the last checkpoint covers."""
        ends = {head.chain: head for one in self.checkpoints for head in one.moved}
        return [ends[chain] for chain in sorted(ends)]

    def check(self, sign: Sign = unsigned) -> Checkpoint:
        """Make a checkpoint, and record it."""
        last = self.checkpoints[-1] if self.checkpoints else None
        at = WHEN + self._number * MINUTE
        made = make(last, self.heads(), self.covered(), "OCIB", at, sign)
        self.checkpoints.append(made)
        self.add([told(made, at)])
        return made


@cache
def whole() -> Trail:
    """Give a trail of four chains under five checkpoints, with something behind the last."""
    trail, sign = Trail(), signer()
    trail.write("administration", 2)
    trail.write("power-7", 3)
    trail.check(sign)
    trail.write("bank-1", 4)
    trail.write("power-7")
    trail.check(sign)
    trail.check(sign)
    trail.write("administration")
    trail.write("water-2", 2)
    trail.write("bank-1", 2)
    trail.check(sign)
    trail.write("power-7", 2)
    trail.check(sign)
    trail.write("power-7", 2)
    return trail


def by_chain(entries: Sequence[AuditEntry]) -> list[AuditEntry]:
    """Give entries as a store does: by chain and number."""
    return sorted(entries, key=lambda one: (one.chain, one.number))


def _pem(private: Ed25519PrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
