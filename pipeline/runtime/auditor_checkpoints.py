"""An auditor's look at checkpoints: those that are new, and whether one is overdue."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from connectors.stores.auditor_state import AuditorState
from pipeline.audit import (
    OVERDUE,
    ChainEnd,
    CheckpointFollower,
    Discrepancy,
    Forest,
    checkpoint_rewritten,
    checkpoints_cut,
    overdue,
)
from pipeline.model import AuditEntry, Instant
from pipeline.ports import CheckpointTrace, Trace

READ = 200  # checkpoints at once
PATIENCE = 2  # how many times its time a checkpoint may take
_KIND = "checkpoint"
_ADMINISTRATION = "administration"


@dataclass(slots=True)
class CheckpointLook:
    """Follow checkpoints as they are made; ``every`` is their time in nanoseconds, 0: none.

    What is remembered lies in the auditor's state: the last one, and what it covers.
    """

    trace: Trace
    checkpoints: CheckpointTrace
    state: AuditorState
    keys: Sequence[Ed25519PublicKey]
    every: int
    _uncovered: str = field(default="")
    _told: int = 0

    def begin(self) -> tuple[int, str]:
        """Begin a look; give number and hash of the checkpoint that was seen last."""
        return int(self.state.mark("checkpoint") or 0), self.state.mark("checkpoint_hash")

    def open(self) -> None:
        """Take up what is remembered, after a look at everything forgot it."""
        self._uncovered = self.state.mark("uncovered")

    def note(self, entry: AuditEntry) -> None:
        """Note an entry: what tells of a checkpoint lies right behind everything that it covers."""
        if entry.chain == _ADMINISTRATION and entry.kind == _KIND:
            self._uncovered = ""
            self._told = int(entry.detail.get("number", 0))
        elif not self._uncovered:
            self._uncovered = str(entry.at)

    def look(self, now: Instant, seen: tuple[int, str]) -> list[Discrepancy]:
        """Give what is wrong with new checkpoints; ``seen`` is the last one of an earlier look."""
        found = self._follow(seen)
        self.state.set_mark("uncovered", self._uncovered)
        late = []
        if self.every and self._uncovered and now - int(self._uncovered) > PATIENCE * self.every:
            number = int(self.state.mark("checkpoint") or 0) + 1
            late.append(overdue(number, int(self._uncovered)))
        self.state.end_alarms(OVERDUE, [one.id for one in late])
        return [*found, *late]

    def _follow(self, seen: tuple[int, str]) -> list[Discrepancy]:
        state = self.state
        ends = {chain: ChainEnd(*end) for chain, end in state.covered().items()}
        follower = CheckpointFollower(
            self.keys,
            Forest(ends),
            int(state.mark("checkpoint") or 0),
            state.mark("checkpoint_hash"),
            signed=state.mark("checkpoint_signed") == "yes",
        )
        found: list[Discrepancy] = []
        while True:
            moved: dict[str, tuple[int, str]] = {}
            with self.trace.still():
                rows = self.checkpoints.checkpoints(follower.number, READ)
                for row in rows:
                    found += follower.see(row, self.checkpoints.entry)
                    moved.update((head.chain, (head.number, head.hash)) for head in row.moved)
                    if (row.number, follower.digest) != seen and row.number == seen[0]:
                        found.append(checkpoint_rewritten(row.number))
            if not rows:
                break
            with state.together():
                state.set_covered(moved)
                state.set_mark("checkpoint", str(follower.number))
                state.set_mark("checkpoint_hash", follower.digest)
                state.set_mark("checkpoint_signed", "yes" if follower.signed else "")
                state.set_mark("checkpoint_token", rows[-1].token)
        last = max(seen[0], self._told)
        if follower.number < last:
            found.append(checkpoints_cut(last))
        return found
