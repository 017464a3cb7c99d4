"""All rows of the stores in memory, for the removal of a record's content and for the proof."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.stores.blocks import Block, pack_lines
from connectors.stores.compression import expand
from connectors.stores.tables import MemoryDatabase, Table
from pipeline.model import Failure, RawBatch, from_json, pack_batch, to_json, unpack_batch
from pipeline.model.carried import Carried, Change

_Revisions = Table[str, dict[int, bytes]]
_Row = tuple[Carried, Callable[[bytes | None], None]]


@dataclass(frozen=True, slots=True)
class Tables:
    """The rows of the stores in memory, by what they hold."""

    batches: Table[int, RawBatch]
    blocks: Table[str, Block]
    findings: _Revisions
    incidents: _Revisions
    notices: Table[str, bytes]
    failures: Table[str, Failure]
    states: Mapping[str, Table[str, bytes]]
    entries: Table[tuple[str, int], bytes]


_PLACES = ("journal", "events", "findings", "incidents", "notices", "failures", "state", "audit")


class MemoryCarriers:
    """``ports.Carriers`` in memory: nothing is written, so nothing is left over."""

    def __init__(self, database: MemoryDatabase, tables: Tables) -> None:
        self._database = database
        self._tables = tables

    def rows(self, place: str = "", of: str = "") -> Iterator[Carried]:
        """Give every row of a place, or of all places; with ``of`` only those of something."""
        for one in [place] if place else _PLACES:
            yield from (row for row, _ in self._found(one) if of in ("", row.of))

    def rewrite(self, place: str, change: Change, of: str = "") -> Sequence[bytes]:
        """Put another content in place of rows; None takes a row away."""
        before = []
        with self._database.transaction():
            for row, put in list(self._found(place)):
                made = change(row) if of in ("", row.of) else row.data
                if made != row.data:
                    before.append(row.data)
                    put(made)
        return before

    def settle(self, *, whole: bool = False) -> bool:  # noqa: ARG002 (the port's)
        """Do nothing: there is no log and no freed page."""
        return True

    def files(self) -> Sequence[str]:
        """Give no path: nothing is on a disk."""
        return ()

    def _found(self, place: str) -> Iterator[_Row]:
        tables = self._tables
        found: dict[str, Callable[[], Iterator[_Row]]] = {
            "journal": self._journal,
            "events": self._events,
            "failures": self._failures,
            "state": self._state,
            "findings": lambda: _revisions("findings", tables.findings),
            "incidents": lambda: _revisions("incidents", tables.incidents),
            "notices": self._notices,
            "audit": self._audit,
        }
        return found[place]()

    def _journal(self) -> Iterator[_Row]:
        table = self._tables.batches
        for at, batch in table.snapshot():
            yield Carried("journal", batch.id, "", pack_batch(batch)), _Put(table, at, unpack_batch)

    def _events(self) -> Iterator[_Row]:
        table = self._tables.blocks
        for of, block in table.snapshot():
            yield Carried("events", of, "", expand(block.data)), _Put(table, of, _Packed(block))

    def _failures(self) -> Iterator[_Row]:
        table = self._tables.failures
        for of, failure in table.snapshot():
            yield Carried("failures", of, "", to_json(failure)), _Put(table, of, _failure)

    def _state(self) -> Iterator[_Row]:
        for of, rows in self._tables.states.items():
            for key, data in rows.snapshot():
                yield Carried("state", of, key, data), _Put(rows, key, bytes)

    def _notices(self) -> Iterator[_Row]:
        table = self._tables.notices
        for of, data in table.snapshot():
            yield Carried("notices", of, "", data), _Put(table, of, bytes)

    def _audit(self) -> Iterator[_Row]:
        table = self._tables.entries
        for (chain, number), data in table.snapshot():
            yield Carried("audit", chain, "", data), _Put(table, (chain, number), bytes)


def _revisions(place: str, table: _Revisions) -> Iterator[_Row]:
    for of, revisions in table.snapshot():
        for number, data in revisions.items():
            yield Carried(place, of, "", data), _Revision(table, of, number)


@dataclass(frozen=True, slots=True)
class _Put:
    """Writes a row of a table anew from its bytes, or takes it away."""

    table: Table  # type: ignore[type-arg] # of any of the tables above
    key: object
    read: Callable[[bytes], object]

    def __call__(self, made: bytes | None) -> None:
        if made is None:
            del self.table[self.key]
        else:
            self.table[self.key] = self.read(made)


@dataclass(frozen=True, slots=True)
class _Revision:
    """Writes one revision of a noun anew, or takes it away."""

    table: _Revisions
    noun_id: str
    number: int

    def __call__(self, made: bytes | None) -> None:
        left = {n: data for n, data in self.table[self.noun_id].items() if n != self.number}
        self.table[self.noun_id] = left if made is None else {**left, self.number: made}


@dataclass(frozen=True, slots=True)
class _Packed:
    """Packs the lines of a block anew."""

    block: Block

    def __call__(self, made: bytes) -> Block:
        return pack_lines(self.block.batch_id, self.block.object_id, made)


def _failure(made: bytes) -> Failure:
    return from_json(Failure, made)
