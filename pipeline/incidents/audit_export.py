"""The audit trail as a file: NDJSON that verifies offline, without the system that wrote it.

One entry a line in canonical form (RFC 8785 for the values that occur: keys sorted, no spaces), and
a last line that names the head of every chain, so that a cut file shows. Whoever can write the file
can write a whole new one: what proves its origin is a signature over the heads.
"""

from collections.abc import Iterable, Iterator

import orjson
from pydantic import ValidationError

from pipeline.errors import IntegrityError
from pipeline.incidents.audit import Break, Head, Verifier, canonical
from pipeline.model import AuditEntry, from_json

_CLOSING = b'{"heads":'


def export(entries: Iterable[AuditEntry]) -> Iterator[bytes]:
    """Write entries as lines, each with its line end, the last one with the heads."""
    verifier = Verifier()
    for entry in entries:
        verifier.see(entry)
        yield canonical(entry) + b"\n"
    yield _closing(verifier.heads())


def verify_export(lines: Iterable[bytes]) -> list[Break]:
    """Find every changed, removed, added or reordered line or byte; empty where the file holds.

    ``lines`` are as a file opened for bytes gives them. Each break names its line.
    """
    verifier = Verifier()
    closing: bytes | None = None
    number = 0
    for number, line in enumerate(lines, 1):
        if closing is not None:
            what = "a line stands behind the closing line"
            verifier.breaks.append(Break("", 0, what, number))
        elif line.startswith(_CLOSING):
            closing = line
        else:
            _see(verifier, line, number)
    if closing is None:
        what = "the closing line is missing: the file was cut"
        verifier.breaks.append(Break("", 0, what, number + 1))
    elif closing != _closing(verifier.heads()):
        what = "the chains do not end where the closing line says: it was changed, or lines before"
        verifier.breaks.append(Break("", 0, what, number))
    return verifier.finish()


def entries(lines: Iterable[bytes]) -> Iterator[AuditEntry]:
    """Read an export back; IntegrityError with the line where one is no entry.

    Whether the chains hold is another question: ``verify_export``.
    """
    for number, line in enumerate(lines, 1):
        if line.startswith(_CLOSING):
            return
        try:
            yield from_json(AuditEntry, line)
        except ValidationError as error:
            raise IntegrityError(f"line {number} of the audit export is no entry") from error


def _see(verifier: Verifier, line: bytes, number: int) -> None:
    try:
        entry = from_json(AuditEntry, line)
    except ValidationError:
        verifier.breaks.append(Break("", 0, "the line is no audit entry", number))
        return
    # Bytes that say the same in another way (\u001F for \u001f, a space) were changed all the same.
    if line != canonical(entry) + b"\n":
        what = "its line is not in the canonical form"
        verifier.breaks.append(Break(entry.chain, entry.number, what, number))
    verifier.see(entry, number)


def _closing(heads: Iterable[Head]) -> bytes:
    ends = [[head.chain, head.number, head.hash] for head in heads]
    return orjson.dumps({"heads": ends}, option=orjson.OPT_APPEND_NEWLINE)
