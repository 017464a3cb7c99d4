"""The whole audit trail verified: its checkpoints, its chains, and what each says of the other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.incidents.audit import Break, Head, Verifier
from pipeline.incidents.checkpoint_chain import CheckpointChain, Recorded, Signed
from pipeline.incidents.checkpoints import ADMINISTRATION, KIND, Statement
from pipeline.model import AuditEntry
from pipeline.model.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found.

    ``entries`` were read, ``covered`` of them lie under the ``last`` checkpoint (None: there is
    none). ``checkpoints`` were read, ``signed`` of them carry a signature, which was checked where
    ``keys`` says so.
    """

    breaks: tuple[Break, ...]
    entries: int
    covered: int
    checkpoints: int
    signed: int
    keys: bool
    last: Statement | None


class TrailVerifier:
    """Verify a trail: first all checkpoints in order, then all entries, chain by chain or mixed."""

    def __init__(
        self, signed: Signed | None = None, elsewhere: Mapping[int, str] | None = None
    ) -> None:
        self._keys = signed is not None
        self._chain = CheckpointChain(signed, elsewhere)
        self._entries: Verifier | None = None
        self._recorded: dict[int, Recorded] = {}
        self._count = self._covered = 0

    def checkpoint(self, checkpoint: Checkpoint, line: int = 0) -> None:
        """Take the next checkpoint; all come before the first entry."""
        self._chain.see(checkpoint, line)

    def entry(self, entry: AuditEntry, line: int = 0) -> None:
        """Take the next entry of its chain."""
        verifier = self._following()
        verifier.see(entry, line)
        self._count += 1
        self._covered += entry.number <= self._chain.covers(entry.chain)
        if entry.chain == ADMINISTRATION:
            self._tells(verifier, entry, line)

    def note(self, broken: Break) -> None:
        """Add a break that somebody else saw."""
        self._chain.breaks.append(broken)

    def heads(self) -> tuple[Head, ...]:
        """Give where each chain ends, by name."""
        return self._following().heads()

    def finish(self) -> Verified:
        """Give what was found; breaks of the checkpoints first."""
        verifier, chain = self._following(), self._chain
        chain.finish()
        verifier.finish()
        for number, recorded in sorted(self._recorded.items()):
            what = "the entry that tells of this checkpoint is missing"
            broken = Break(ADMINISTRATION, number, what, checkpoint=recorded.checkpoint)
            verifier.breaks.append(broken)
        self._recorded.clear()
        return Verified(
            breaks=(*chain.breaks, *verifier.breaks),
            entries=self._count,
            covered=self._covered,
            checkpoints=chain.count,
            signed=chain.signed,
            keys=self._keys,
            last=chain.last,
        )

    def _following(self) -> Verifier:
        if self._entries is None:
            self._entries = Verifier(self._chain.heads)
            self._recorded = dict(self._chain.recorded)
        return self._entries

    def _tells(self, verifier: Verifier, entry: AuditEntry, line: int) -> None:
        """Compare what an entry tells of a checkpoint with the checkpoint."""
        recorded = self._recorded.pop(entry.number, None)
        if recorded is None:
            if entry.kind == KIND:
                number = entry.subject
                what = f"it tells of checkpoint {number}, which is missing, or not in its place"
                verifier.breaks.append(Break(entry.chain, entry.number, what, line))
            return
        wanted = {"number": recorded.checkpoint, "sha256": recorded.sha256}
        if entry.kind != KIND or entry.detail != wanted:
            what = "it does not tell of this checkpoint as it stands: one of the two was changed"
            broken = Break(entry.chain, entry.number, what, line, recorded.checkpoint)
            verifier.breaks.append(broken)


def verify_trail(
    checkpoints: Iterable[Checkpoint],
    entries: Iterable[AuditEntry],
    signed: Signed | None = None,
    elsewhere: Mapping[int, str] | None = None,
) -> Verified:
    """Verify checkpoints and entries as a store gives them.

    ``signed`` tells of trusted signatures (None: they are not asked for), ``elsewhere`` are tokens
    by number that are known from elsewhere.
    """
    verifier = TrailVerifier(signed, elsewhere)
    for checkpoint in checkpoints:
        verifier.checkpoint(checkpoint)
    for entry in entries:
        verifier.entry(entry)
    return verifier.finish()
