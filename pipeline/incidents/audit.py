"""The audit trail: hash chains, one per object and one for administration.

Each entry's hash covers all its fields and the hash of the entry before it, so that a changed,
removed or reordered entry shows, and where. A cut tail, and a chain rewritten with all its hashes,
show against entries that are known from elsewhere: an export's last line, a signed checkpoint. Pure
functions: the store keeps, one writer chains.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import orjson

from pipeline.model import AuditEntry, Instant, Json, as_document, rfc3339


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be recorded, before it has its place in a chain.

    ``entry_id`` is deterministic, so that what is recorded twice is chained once. ``detail`` holds
    JSON values only.
    """

    chain: str
    entry_id: str
    kind: str
    subject: str
    at: Instant
    actor: str
    detail: Json


@dataclass(frozen=True, slots=True)
class Break:
    """One place where the trail does not hold: the entry or checkpoint there, and what is wrong.

    ``line`` is the line of an exported file, 0 elsewhere; what is neither has a line only.
    """

    chain: str
    number: int
    what: str
    line: int = 0
    checkpoint: int = 0

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line else ""
        entry = f"chain {self.chain!r}, entry {self.number}" if self.number else ""
        checkpoint = f"checkpoint {self.checkpoint}" if self.checkpoint else ""
        return f"{', '.join(filter(None, (line, entry, checkpoint)))}: {self.what}"


def canonical(entry: AuditEntry) -> bytes:
    """Write an entry in its one byte form: JSON in UTF-8, keys sorted, no spaces."""
    return orjson.dumps(as_document(entry), option=orjson.OPT_SORT_KEYS)


def entry_hash(entry: AuditEntry) -> str:
    """Give the SHA-256 (hexadecimal) that an entry must carry: over all of it but the hash."""
    document = {
        "chain": entry.chain,
        "number": entry.number,
        "entry_id": entry.entry_id,
        "kind": entry.kind,
        "subject": entry.subject,
        "at": rfc3339(entry.at),
        "actor": entry.actor,
        "detail": entry.detail,
        "previous_hash": entry.previous_hash,
    }
    return hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()


def link(head: AuditEntry | None, draft: Draft) -> AuditEntry:
    """Give a draft its place behind the newest entry of its chain (None: it opens the chain)."""
    if head is not None and head.chain != draft.chain:
        raise ValueError(f"an entry of chain {draft.chain!r} cannot follow one of {head.chain!r}")
    entry = AuditEntry(
        chain=draft.chain,
        number=head.number + 1 if head else 1,
        entry_id=draft.entry_id,
        kind=draft.kind,
        subject=draft.subject,
        at=draft.at,
        actor=draft.actor,
        detail=draft.detail,
        previous_hash=head.hash if head else "",
        hash="",
    )
    return replace(entry, hash=entry_hash(entry))


@dataclass(frozen=True, slots=True)
class Chainer:
    """Link many drafts, each onto its chain, in the order given.

    ``head`` and ``known`` ask the store; drafts that it knows, or that come twice, are left out.
    """

    head: Callable[[str], AuditEntry | None]
    known: Callable[[str], bool]

    def __call__(self, drafts: Iterable[Draft]) -> list[AuditEntry]:
        """Give the new entries, ready to be appended in the same transaction."""
        heads: dict[str, AuditEntry | None] = {}
        taken: set[str] = set()
        entries = []
        for draft in drafts:
            if draft.entry_id in taken or self.known(draft.entry_id):
                continue
            taken.add(draft.entry_id)
            head = heads[draft.chain] if draft.chain in heads else self.head(draft.chain)
            entry = heads[draft.chain] = link(head, draft)
            entries.append(entry)
        return entries


@dataclass(frozen=True, slots=True)
class Head:
    """An entry by its place and hash: where a chain ends, or what is known of it elsewhere.

    ``checkpoint`` is the one that it is known from, 0 where it is none.
    """

    chain: str
    number: int
    hash: str
    checkpoint: int = 0


class Verifier:
    """Follow chains entry by entry and note every break; chains may be interleaved.

    ``known`` are entries known from elsewhere: against them a cut or rewritten chain shows too.
    """

    def __init__(self, known: Iterable[Head] = ()) -> None:
        self.breaks: list[Break] = []
        self._known = {(head.chain, head.number): head for head in known}
        self._held: dict[str, int] = {}
        self._heads: dict[str, Head] = {}
        self._ids: dict[str, tuple[str, int]] = {}

    def see(self, entry: AuditEntry, line: int = 0) -> None:
        """Take the next entry of its chain."""
        place = (entry.chain, entry.number)
        head = self._heads.get(entry.chain, Head(entry.chain, 0, ""))
        for what in (_changed(entry), _misplaced(entry, head)):
            if what:
                self.breaks.append(Break(*place, what, line))
        known = self._known.pop(place, None)
        if known is not None:
            self._compare(entry, known, line)
        first = self._ids.setdefault(entry.entry_id, place)
        if first != place:
            what = f"its id is that of entry {first[1]} of chain {first[0]!r} as well"
            self.breaks.append(Break(*place, what, line))
        self._heads[entry.chain] = Head(*place, entry.hash)

    def heads(self) -> tuple[Head, ...]:
        """Give where each chain ends, by name."""
        return tuple(self._heads[chain] for chain in sorted(self._heads))

    def finish(self) -> list[Break]:
        """Give every break, with the known entries that never came."""
        for chain, number in sorted(self._known):
            what = "the chain ends before this known entry"
            checkpoint = self._known[chain, number].checkpoint
            self.breaks.append(Break(chain, number, what, checkpoint=checkpoint))
        self._known.clear()
        return self.breaks

    def _compare(self, entry: AuditEntry, known: Head, line: int) -> None:
        if known.hash == entry.hash:
            self._held[entry.chain] = entry.number
            return
        what = "it is not the entry that is known from elsewhere"
        if known.checkpoint:
            since = self._held.get(entry.chain, 0) + 1
            what = f"it is not the entry that the checkpoint covers: rewritten at {since} or behind"
        self.breaks.append(Break(entry.chain, entry.number, what, line, known.checkpoint))


def verify(entries: Iterable[AuditEntry], known: Iterable[Head] = ()) -> list[Break]:
    """Find every changed, removed or reordered entry; empty where the chains hold.

    ``known`` are entries known from elsewhere: against them a cut or rewritten chain shows too.
    """
    verifier = Verifier(known)
    for entry in entries:
        verifier.see(entry)
    return verifier.finish()


def _changed(entry: AuditEntry) -> str:
    if entry_hash(entry) == entry.hash:
        return ""
    return "its content does not have the hash that it carries: it was changed"


def _misplaced(entry: AuditEntry, head: Head) -> str:
    expected = head.number + 1
    if entry.number > expected:
        last = f"-{entry.number - 1}" if entry.number > expected + 1 else ""
        return f"before it, entries are missing: {expected}{last}"
    if entry.number < expected:
        return f"it stands where entry {expected} should: reordered or repeated"
    if entry.previous_hash != head.hash:
        return f"it does not follow the entry {head.number} that stands before it"
    return ""
