"""Checkpoints followed one by one: whether they fit each other, their signer and the chains.

Reads tokens, roots and signatures by its own means: RFC 7515 for the token, RFC 8032 for the
signature, the recursive definition of RFC 6962, section 2.1 for the root.
"""

import hashlib
from base64 import urlsafe_b64decode
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pipeline.audit.chains import ChainEnd, entry_hash
from pipeline.audit.discrepancy import Discrepancy
from pipeline.model import AuditEntry, Instant, Json, instant
from pipeline.model.checkpoint import Checkpoint

OVERDUE = "checkpoint_overdue"
_PARTS = 3


@dataclass(slots=True)
class Forest:
    """Where chains end, by name, and the Merkle root over them; what did not move is remembered."""

    ends: dict[str, ChainEnd]
    _names: list[str] = field(default_factory=list)
    _known: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def move(self, moved: Mapping[str, ChainEnd]) -> None:
        """Let chains end elsewhere."""
        if moved.keys() - self.ends.keys():
            self._known.clear()
        self.ends.update(moved)
        if len(self._names) != len(self.ends):
            self._names = sorted(self.ends)
        places = sorted(bisect_left(self._names, name) for name in moved)
        for begin, end in list(self._known) if places else ():
            if bisect_left(places, begin) != bisect_left(places, end):
                del self._known[begin, end]

    def root(self) -> str:
        """Give the root, hexadecimal."""
        if not self._names:
            return hashlib.sha256().hexdigest()
        return self._over(0, len(self._names)).hex()

    def _over(self, begin: int, end: int) -> bytes:
        known = self._known.get((begin, end))
        if known is not None:
            return known
        if end - begin == 1:
            one = self.ends[self._names[begin]]
            leaf = orjson.dumps([self._names[begin], one.number, one.hash])
            made = hashlib.sha256(b"\x00" + leaf).digest()
        else:
            split = begin + (1 << (end - begin - 1).bit_length() - 1)
            made = hashlib.sha256(
                b"\x01" + self._over(begin, split) + self._over(split, end)
            ).digest()
        self._known[begin, end] = made
        return made


@dataclass(slots=True)
class CheckpointFollower:
    """Follow checkpoints from where they were followed last.

    ``number`` and ``digest`` are those of the checkpoint seen last, ``signed`` whether one before
    it was signed, ``covered`` where it let the chains end. ``keys`` are trusted; none: signatures
    are not asked for.
    """

    keys: Sequence[Ed25519PublicKey]
    covered: Forest
    number: int = 0
    digest: str = ""
    signed: bool = False

    def see(
        self, checkpoint: Checkpoint, entry: Callable[[str, int], AuditEntry | None]
    ) -> Iterator[Discrepancy]:
        """Give what is wrong with the next checkpoint; ``entry`` gives what stands at a place."""
        number, token = checkpoint.number, checkpoint.token
        before, self.number = self.number, number
        previous, self.digest = self.digest, hashlib.sha256(token.encode()).hexdigest()
        moved = {head.chain: ChainEnd(head.number, head.hash) for head in checkpoint.moved}
        self.covered.move(moved)
        try:
            said, signature = _read(token)
            at = instant(said["at"])
        except (ValueError, KeyError, TypeError):
            yield _broken(number, "checkpoint_unreadable", "its token does not read", 0)
            return
        if number != before + 1 or said.get("number") != number:
            what = f"it stands where checkpoint {before + 1} should"
            yield _broken(number, "checkpoints_missing", what, at)
        elif said.get("previous") != previous:
            what = "it does not follow the one before it"
            yield _broken(number, "checkpoint_unlinked", what, at)
        yield from self._signature(number, token, signature, at)
        yield from self._fits(number, said, moved, entry)

    def _signature(
        self, number: int, token: str, signature: bytes, at: Instant
    ) -> Iterator[Discrepancy]:
        if not signature:
            if self.keys and self.signed:
                what = "nobody signed it, though those before it are signed"
                yield _broken(number, "checkpoint_unsigned", what, at)
            return
        self.signed = True
        content = token.rpartition(".")[0].encode()
        if self.keys and not any(_signed(key, signature, content) for key in self.keys):
            what = "its signature is not by a key that is trusted"
            yield _broken(number, "checkpoint_forged", what, at)

    def _fits(
        self,
        number: int,
        said: Json,
        moved: Mapping[str, ChainEnd],
        entry: Callable[[str, int], AuditEntry | None],
    ) -> Iterator[Discrepancy]:
        at = instant(said["at"])
        ends = self.covered.ends
        counts = (len(ends), sum(end.number for end in ends.values()))
        if (said.get("chains"), said.get("entries")) != counts or said.get("root") != (
            self.covered.root()
        ):
            what = "the heads that are kept with it do not give its counts and root"
            yield _broken(number, "checkpoint_misfit", what, at)
        for chain, end in moved.items():
            found = entry(chain, end.number)
            if found is None or entry_hash(found) != end.hash:
                missing = "is missing" if found is None else "is another"
                what = f"entry {end.number} of chain {chain!r}, which it covers, {missing}"
                yield _broken(number, "covered_entry", what, at, f"{chain}#{end.number}")


def overdue(number: int, since: Instant) -> Discrepancy:
    """Make the alarm of entries that no checkpoint covers though its time has come."""
    return Discrepancy(
        kind="late",
        subject=f"checkpoint#{number}",
        incident_id="",
        what=OVERDUE,
        said=f"checkpoint {number} is overdue: entries lie under none",
        since=since,
        severity="warning",
    )


def checkpoint_rewritten(number: int) -> Discrepancy:
    """Make the alarm of a checkpoint that is not the one seen there before."""
    what = "another one stood there when it was seen last"
    return _broken(number, "checkpoint_rewritten", what, 0)


def checkpoints_cut(number: int) -> Discrepancy:
    """Make the alarm of checkpoints that end before one of which is known."""
    what = "it was seen, or an entry tells of it, and it is gone"
    return _broken(number, "checkpoints_cut", what, 0)


def _read(token: str) -> tuple[Json, bytes]:
    """Give what a token says, and its signature; ValueError where it is no token."""
    parts = token.split(".")
    if len(parts) != _PARTS:
        raise ValueError(token)
    _, payload, signature = (urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts)
    said = orjson.loads(payload)
    if not isinstance(said, dict):
        raise TypeError(token)
    return said, signature


def _signed(key: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def _broken(number: int, what: str, said: str, since: Instant, place: str = "") -> Discrepancy:
    return Discrepancy(
        kind="broken",
        subject=place or f"checkpoint#{number}",
        incident_id="",
        what=what,
        said=f"checkpoint {number}: {said}",
        since=since,
    )
