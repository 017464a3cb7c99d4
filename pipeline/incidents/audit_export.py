"""The audit trail as a file: NDJSON that verifies offline, without the system that wrote it.

First the checkpoints, then the entries by chain and number, one a line in canonical form (RFC 8785
for the values that occur: keys sorted, no spaces), and a last line that names the head of every
chain, so that a cut file shows. The export of one chain has one checkpoint in place of all: the
newest, with the proof that the chain's head lies under its root. Whoever can write the file can
write a whole new one: what proves its origin is the checkpoints' signature, and their copies
elsewhere.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import orjson
from pydantic import ValidationError

from pipeline.errors import IntegrityError
from pipeline.incidents.audit import Break, Head, canonical
from pipeline.incidents.checkpoint_chain import Signed
from pipeline.incidents.inclusion import Inclusion, ProvenChain
from pipeline.incidents.trail import TrailVerifier, Verified
from pipeline.model import AuditEntry, as_document, from_json
from pipeline.model.checkpoint import Checkpoint

_CHECKPOINT = b'{"moved":'
_PROOF = b'{"chain_proof":'
_CLOSING = b'{"heads":'


def export(
    entries: Iterable[AuditEntry], checkpoints: Iterable[Checkpoint] = ()
) -> Iterator[bytes]:
    """Write the whole trail as lines, each with its line end, the last one with the heads."""
    for checkpoint in checkpoints:
        yield _line(as_document(checkpoint))
    yield from _entries(entries)


def export_chain(entries: Iterable[AuditEntry], proof: Inclusion | None) -> Iterator[bytes]:
    """Write one chain as lines, before it the proof that a checkpoint covers it, if one does."""
    if proof is not None:
        yield _line({"chain_proof": as_document(proof)})
    yield from _entries(entries)


def verify_export(
    lines: Iterable[bytes],
    signed: Signed | None = None,
    elsewhere: Mapping[int, str] | None = None,
) -> Verified:
    """Find every changed, removed, added or reordered line or byte, and what is not as proved.

    ``lines`` are as a file opened for bytes gives them; each break names its line. ``signed`` and
    ``elsewhere`` are as in ``trail.verify_trail``.
    """
    reader = _Reader(signed, elsewhere)
    closing: bytes | None = None
    number = 0
    for number, line in enumerate(lines, 1):
        if closing is not None:
            reader.note("a line stands behind the closing line", number)
        elif line.startswith(_CLOSING):
            closing = line
        else:
            reader.see(line, number)
    if closing is None:
        reader.note("the closing line is missing: the file was cut", number + 1)
    elif closing != _closing(reader.heads()):
        what = "the chains do not end where the closing line says: it was changed, or lines before"
        reader.note(what, number)
    return reader.finish()


def entries(lines: Iterable[bytes]) -> Iterator[AuditEntry]:
    """Read an export's entries back; IntegrityError with the line where one is no entry.

    Whether the chains hold is another question: ``verify_export``.
    """
    for number, line in enumerate(lines, 1):
        if line.startswith(_CLOSING):
            return
        if line.startswith((_CHECKPOINT, _PROOF)):
            continue
        try:
            yield from_json(AuditEntry, line)
        except ValidationError as error:
            raise IntegrityError(f"line {number} of the audit export is no entry") from error


class _Reader:
    """Read a file's lines into one of the two verifications."""

    def __init__(self, signed: Signed | None, elsewhere: Mapping[int, str] | None) -> None:
        self._signed, self._elsewhere = signed, elsewhere
        self._trail: TrailVerifier | ProvenChain | None = None
        self._entries = False
        self._chain = ""

    def see(self, line: bytes, number: int) -> None:
        """Take the next line."""
        if line.startswith(_PROOF) and self._trail is None:
            self._proof(line, number)
        elif line.startswith((_CHECKPOINT, _PROOF)):
            self._checkpoint(line, number)
        else:
            self._entry(line, number)

    def note(self, what: str, line: int) -> None:
        """Note what is wrong with a line of no entry."""
        self._whole().note(Break("", 0, what, line))

    def heads(self) -> tuple[Head, ...]:
        """Give where each chain ends, by name."""
        return self._whole().heads()

    def finish(self) -> Verified:
        """Give what was found, by line; behind it what is missing."""
        found = self._whole().finish()
        return replace(found, breaks=tuple(sorted(found.breaks, key=_by_line)))

    def _whole(self) -> TrailVerifier | ProvenChain:
        if self._trail is None:
            self._trail = TrailVerifier(self._signed, self._elsewhere)
        return self._trail

    def _proof(self, line: bytes, number: int) -> None:
        try:
            proof = from_json(Inclusion, orjson.dumps(orjson.loads(line)["chain_proof"]))
        except (ValidationError, ValueError, KeyError, TypeError):
            self.note("the line is no proof", number)
            return
        self._trail = ProvenChain(proof, self._signed, self._elsewhere)
        if line != _line({"chain_proof": as_document(proof)}):
            self.note("its line is not in the canonical form", number)

    def _checkpoint(self, line: bytes, number: int) -> None:
        trail = self._whole()
        try:
            checkpoint = from_json(Checkpoint, line)
        except ValidationError:
            self.note("the line is no checkpoint", number)
            return
        if self._entries or isinstance(trail, ProvenChain):
            what = "a checkpoint stands behind entries, or beside a proof"
            trail.note(Break("", 0, what, number, checkpoint.number))
            return
        if line != _line(as_document(checkpoint)):
            what = "its line is not in the canonical form"
            trail.note(Break("", 0, what, number, checkpoint.number))
        trail.checkpoint(checkpoint, number)

    def _entry(self, line: bytes, number: int) -> None:
        self._entries = True
        try:
            entry = from_json(AuditEntry, line)
        except ValidationError:
            self.note("the line is no audit entry", number)
            return
        # Bytes that say the same in another way (\u001F for \u001f, a space) were changed as well.
        if line != canonical(entry) + b"\n":
            what = "its line is not in the canonical form"
            self._whole().note(Break(entry.chain, entry.number, what, number))
        if entry.chain < self._chain:
            what = f"it stands behind chain {self._chain!r}: reordered"
            self._whole().note(Break(entry.chain, entry.number, what, number))
        self._chain = entry.chain
        self._whole().entry(entry, number)


def _by_line(broken: Break) -> tuple[bool, int]:
    return broken.line == 0, broken.line


def _entries(entries: Iterable[AuditEntry]) -> Iterator[bytes]:
    ends: dict[str, Head] = {}
    for entry in entries:
        ends[entry.chain] = Head(entry.chain, entry.number, entry.hash)
        yield canonical(entry) + b"\n"
    yield _closing(ends[chain] for chain in sorted(ends))


def _line(document: object) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def _closing(heads: Iterable[Head]) -> bytes:
    ends = [[head.chain, head.number, head.hash] for head in heads]
    return orjson.dumps({"heads": ends}, option=orjson.OPT_APPEND_NEWLINE)
