"""Checkpoints followed one by one: what each says, and where one does not hold."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.incidents.audit import Break, Head
from pipeline.incidents.checkpoints import ADMINISTRATION, Statement, read_token, token_hash
from pipeline.incidents.merkle import Tree, leaf_of
from pipeline.model.checkpoint import ChainHead, Checkpoint

Signed = Callable[[str], bool]
"""Tells whether a token is signed by a key that is trusted."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an entry of the administration's chain must tell: of which checkpoint, and its hash."""

    checkpoint: int
    sha256: str


@dataclass(slots=True)
class Heads:
    """The heads that a checkpoint covers, with their tree; chains that are new are sorted in."""

    by_chain: dict[str, ChainHead] = field(default_factory=dict)
    _names: list[str] = field(default_factory=list)
    _tree: Tree = field(default_factory=lambda: Tree([]))

    def move(self, moved: Iterable[ChainHead]) -> None:
        """Take heads that moved on."""
        moved = list(moved)
        new = any(head.chain not in self.by_chain for head in moved)
        self.by_chain.update((head.chain, head) for head in moved)
        if new:
            self._names = sorted(self.by_chain)
            self._tree = Tree([leaf_of(self.by_chain[name]) for name in self._names])
            return
        for head in moved:
            self._tree.exchange(bisect_left(self._names, head.chain), leaf_of(head))

    def figures(self) -> tuple[int, int, str]:
        """Give how many chains and entries there are, and the root."""
        entries = sum(head.number for head in self.by_chain.values())
        return len(self._names), entries, self._tree.root().hex()


class CheckpointChain:
    """Follow checkpoints in order and note every break.

    ``signed`` tells of trusted signatures; None: signatures are not asked for. A checkpoint that
    nobody signed is vouched for by a later one that somebody did. ``elsewhere`` are tokens by
    number that are known from elsewhere, as the coordination centre's copies.
    """

    def __init__(
        self, signed: Signed | None = None, elsewhere: Mapping[int, str] | None = None
    ) -> None:
        self.breaks: list[Break] = []
        self.heads: list[Head] = []
        self.recorded: dict[int, Recorded] = {}
        self.last: Statement | None = None
        self.count = 0
        self.signed = 0
        self._signed = signed
        self._elsewhere = dict(elsewhere or {})
        self._covered = Heads()
        self._expected, self._previous = 1, ""
        self._unvouched: list[tuple[int, int]] = []
        self._fits = True

    def see(self, checkpoint: Checkpoint, line: int = 0) -> None:
        """Take the next checkpoint."""
        number = checkpoint.number
        try:
            token = read_token(checkpoint.token)
        except ValueError as error:
            self._note(number, f"its token does not read: {error}", line)
            token = None
        if token is not None:
            self.count += 1
            self._place(checkpoint, token.statement, line)
            self._signature(checkpoint, line, signed=token.signed)
            self.last = token.statement
        if self._elsewhere.pop(number, checkpoint.token) != checkpoint.token:
            self._note(number, "it is not the one that is known from elsewhere", line)
        self._move(checkpoint, token.statement if token is not None else None, line)
        self._expected, self._previous = number + 1, token_hash(checkpoint.token)

    def covers(self, chain: str) -> int:
        """Give up to which entry the last checkpoint covers a chain."""
        head = self._covered.by_chain.get(chain)
        return head.number if head is not None else 0

    def finish(self) -> list[Break]:
        """Give every break, with what was never vouched for, and known ones that never came."""
        for number, line in self._unvouched:
            what = "nobody signed it, and no later one that is signed vouches for it"
            self._note(number, what, line)
        self._unvouched.clear()
        for number in sorted(self._elsewhere):
            self._note(number, "it is known from elsewhere, and missing here: the trail was cut", 0)
        self._elsewhere.clear()
        return self.breaks

    def _note(self, number: int, what: str, line: int) -> None:
        self.breaks.append(Break("", 0, what, line, number))

    def _place(self, checkpoint: Checkpoint, statement: Statement, line: int) -> None:
        number = checkpoint.number
        if number > self._expected:
            last = f"-{number - 1}" if number > self._expected + 1 else ""
            self._note(number, f"before it, checkpoints are missing: {self._expected}{last}", line)
        elif number < self._expected:
            what = f"it stands where checkpoint {self._expected} should: reordered or repeated"
            self._note(number, what, line)
        elif statement.number != number:
            self._note(number, f"its statement is that of checkpoint {statement.number}", line)
        elif statement.previous != self._previous:
            what = f"it does not follow the checkpoint {number - 1} that stands before it"
            self._note(number, what, line)

    def _signature(self, checkpoint: Checkpoint, line: int, *, signed: bool) -> None:
        if not signed:
            if self._signed is not None:
                self._unvouched.append((checkpoint.number, line))
        elif self._signed is not None and not self._signed(checkpoint.token):
            what = "its signature is not by a key that is trusted: it was changed or forged"
            self._note(checkpoint.number, what, line)
        else:
            self.signed += 1
            self._unvouched.clear()

    def _move(self, checkpoint: Checkpoint, statement: Statement | None, line: int) -> None:
        number, moved = checkpoint.number, checkpoint.moved
        if [head.chain for head in moved] != sorted({head.chain for head in moved}):
            self._note(number, "its heads are not sorted by chain", line)
        for head in moved:
            if head.number <= self.covers(head.chain):
                what = f"its head of chain {head.chain!r} does not go on from the one before"
                self._note(number, what, line)
        self._covered.move(moved)
        self.heads += [Head(head.chain, head.number, head.hash, number) for head in moved]
        place = self.covers(ADMINISTRATION) + 1
        self.recorded[place] = Recorded(number, token_hash(checkpoint.token))
        # From the first that does not fit on, all would repeat the same.
        if statement is None or not self._fits:
            return
        stated = (statement.chains, statement.entries, statement.root)
        self._fits = stated == self._covered.figures()
        if not self._fits:
            what = "the heads that are kept with it do not give its counts and root"
            self._note(number, f"{what}: heads of it or of one before were changed", line)
