"""The audit trail followed entry by entry: every chain's numbers, links and hashes."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson

from pipeline.audit.discrepancy import Discrepancy
from pipeline.model import AuditEntry, as_document


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """How far a chain was followed: the number and the hash of the entry seen last."""

    number: int = 0
    hash: str = ""


class Follower:
    """Follow chains from where they were followed last; ``ends`` is where they are now."""

    def __init__(self, ends: Mapping[str, ChainEnd]) -> None:
        self.ends = dict(ends)
        self._moved: set[str] = set()

    def see(self, entry: AuditEntry) -> Iterator[Discrepancy]:
        """Give what is wrong with the next entry of its chain."""
        end = self.ends.get(entry.chain, ChainEnd())
        self.ends[entry.chain] = ChainEnd(entry.number, entry.hash)
        self._moved.add(entry.chain)
        if entry_hash(entry) != entry.hash:
            yield _broken(entry, "entry_changed", "its content does not have its hash")
        elif entry.number != end.number + 1:
            said = f"it stands where entry {end.number + 1} should"
            yield _broken(entry, "entries_missing", said)
        elif entry.previous_hash != end.hash:
            yield _broken(entry, "entry_unlinked", "it does not follow the one before it")

    def moved(self) -> list[tuple[str, ChainEnd]]:
        """Give the ends of the chains that went on since this was asked last."""
        names, self._moved = sorted(self._moved), set()
        return [(name, self.ends[name]) for name in names]


def entry_hash(entry: AuditEntry) -> str:
    """Give the SHA-256 that an entry must carry: over all of it but the hash, keys sorted."""
    document = as_document(entry)
    document.pop("hash")
    return hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()


def chain_rewritten(entry: AuditEntry) -> Discrepancy:
    """Make the alarm of an entry that is not the one seen there before."""
    return _broken(entry, "chain_rewritten", "another entry stood there when it was seen last")


def chain_cut(chain: str, number: int) -> Discrepancy:
    """Make the alarm of a chain that ends before an entry that was seen in it."""
    return Discrepancy(
        kind="broken",
        subject=f"{chain}#{number}",
        incident_id="",
        what="chain_cut",
        said=f"chain {chain!r} ends before its entry {number}, which was seen",
        since=0,
    )


def _broken(entry: AuditEntry, what: str, said: str) -> Discrepancy:
    return Discrepancy(
        kind="broken",
        subject=f"{entry.chain}#{entry.number}",
        incident_id="",
        what=what,
        said=f"entry {entry.number} of chain {entry.chain!r}: {said}",
        since=entry.at,
    )
