"""One chain without the others: the proof that its head lies under a checkpoint's root."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.incidents.audit import Break, Head, Verifier
from pipeline.incidents.checkpoint_chain import Signed
from pipeline.incidents.checkpoints import Statement, Token, read_token
from pipeline.incidents.merkle import Tree, leaf_of, lies_under
from pipeline.incidents.trail import Verified
from pipeline.model import AuditEntry
from pipeline.model.checkpoint import ChainHead, Checkpoint


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A checkpoint's token, the head that it covers, and the way from that head to its root.

    ``index`` is the head's place among the chains sorted by name; ``path`` the hashes beside the
    way (RFC 6962, 2.1.1), hexadecimal. Nothing of it names another chain.
    """

    token: str
    head: ChainHead
    index: int
    path: tuple[str, ...]


def inclusion(checkpoint: Checkpoint, covered: Sequence[ChainHead], chain: str) -> Inclusion | None:
    """Prove that a checkpoint covers a chain, from all heads that it covers; None: it does not."""
    index = next((at for at, head in enumerate(covered) if head.chain == chain), None)
    if index is None:
        return None
    path = Tree([leaf_of(head) for head in covered]).path(index)
    hashes = tuple(one.hex() for one in path)
    return Inclusion(checkpoint.token, covered[index], index, hashes)


class ProvenChain:
    """Verify the export of one chain against its proof; as ``TrailVerifier`` where both do."""

    def __init__(
        self, proof: Inclusion, signed: Signed | None, elsewhere: Mapping[int, str] | None
    ) -> None:
        self._proof, self._keys = proof, signed is not None
        self._breaks: list[Break] = []
        self._count = self._covered = 0
        self._token = self._read(signed, elsewhere or {})
        statement = self._token.statement if self._token is not None else None
        self._number = statement.number if statement is not None else 0
        head = proof.head
        self._entries = Verifier([Head(head.chain, head.number, head.hash, self._number)])
        if statement is not None and not _under(proof, statement):
            what = "the proof does not lead from the chain's head to the checkpoint's root"
            self._breaks.append(Break("", 0, what, 1, self._number))

    def entry(self, entry: AuditEntry, line: int = 0) -> None:
        """Take the next entry."""
        self._entries.see(entry, line)
        self._count += 1
        if entry.chain != self._proof.head.chain:
            what = f"the proof is of chain {self._proof.head.chain!r} alone"
            self._breaks.append(Break(entry.chain, entry.number, what, line))
        else:
            self._covered += entry.number <= self._proof.head.number

    def note(self, broken: Break) -> None:
        """Add a break that somebody else saw."""
        self._breaks.append(broken)

    def heads(self) -> tuple[Head, ...]:
        """Give where the chain ends."""
        return self._entries.heads()

    def finish(self) -> Verified:
        """Give what was found."""
        return Verified(
            breaks=(*self._breaks, *self._entries.finish()),
            entries=self._count,
            covered=self._covered,
            checkpoints=int(self._token is not None),
            signed=int(self._token is not None and self._token.signed),
            keys=self._keys,
            last=self._token.statement if self._token is not None else None,
        )

    def _read(self, signed: Signed | None, elsewhere: Mapping[int, str]) -> Token | None:
        token = self._proof.token
        try:
            read = read_token(token)
        except ValueError as error:
            self._breaks.append(Break("", 0, f"the proof's token does not read: {error}", 1))
            return None
        number = read.statement.number
        if signed is not None and not (read.signed and signed(token)):
            what = "it is not signed by a key that is trusted: it was changed or forged"
            self._breaks.append(Break("", 0, what, 1, number))
        if elsewhere.get(number, token) != token:
            what = "it is not the one that is known from elsewhere"
            self._breaks.append(Break("", 0, what, 1, number))
        return read


def _under(proof: Inclusion, statement: Statement) -> bool:
    try:
        path, root = [bytes.fromhex(one) for one in proof.path], bytes.fromhex(statement.root)
    except ValueError:
        return False
    return lies_under(leaf_of(proof.head), proof.index, statement.chains, path, root)
