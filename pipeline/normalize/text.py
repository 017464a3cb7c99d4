"""Bytes to text: UTF-8, and what else Kazakh, Russian and Windows systems write.

The original bytes stay with the batch; here a field's text is made, and a note says how.
"""

import re

from pipeline.model import FailureCode
from pipeline.normalize.cyrillic import encoding_of
from pipeline.normalize.parsed import Refusal

# Control characters that no text log carries, but tab, line ends, form feed and escape.
_CONTROLS = bytes(set(range(32)) - {9, 10, 11, 12, 13, 27}) + b"\x7f"
_MOST_CONTROLS = 0.1  # of all bytes; a stray NUL or two are dirt, a tenth is another kind of data

_HIGH = bytes(range(128, 256))
_SAMPLE = 4096  # characters of a wide text that show whether it is one
_MARKS = (b"\xff\xfe", b"\xfe\xff")
# A stretch of ASCII and of UTF-8 as Latin and Cyrillic letters and dashes have it; three letters in
# a row are no accident, as they can be where a capital stands before a Kazakh letter of KZ-1048.
_STRETCH = re.compile(rb"(?:[\x00-\x7f]|[\xc2-\xd4][\x80-\xbf]|\xe2[\x80-\x84][\x80-\xbf])++")
_THREE = re.compile(rb"(?:[\xc3-\xd4][\x80-\xbf]){3}")


def decode(record: bytes) -> tuple[str, tuple[str, ...]] | Refusal:
    """Give a record's text and notes on how it was read, or a Refusal where it is binary.

    UTF-8 and UTF-16 (with or without a mark) are read as they are; Cyrillic in CP1251, its Kazakh
    form KZ-1048 (STRK1048-2002), KOI8-R or CP866 is told by its letters, also where it stands
    beside UTF-8; what is left becomes U+FFFD.
    """
    if b"\x00" in record:
        bare = record.strip(b"\x00")  # what a sparse or preallocated file leaves around a line
        wide = _wide(record) if b"\x00" in bare or record[:2] in _MARKS else None
        if wide is not None:
            return wide
        record = bare
    try:
        text = record.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_other(record)
    if not _is_binary(record):
        return text, ()
    return _wide(record) or _BINARY  # UTF-16 of Cyrillic has no byte above ASCII, and no NUL


_BINARY = Refusal(
    FailureCode.BINARY,
    "is binary data, no text: check what this source sends (compressed, encrypted or another "
    "protocol?), or decode it before it is sent",
)


def _is_binary(record: bytes) -> bool:
    kept = record.translate(None, _CONTROLS)
    return len(record) - len(kept) > _MOST_CONTROLS * len(record)


def _decode_other(record: bytes) -> tuple[str, tuple[str, ...]] | Refusal:
    wide = _wide(record) if record[:2] in _MARKS or record.count(4) > len(record) // 8 else None
    if wide is not None:
        return wide
    if _is_binary(record):
        return _BINARY
    parts = _parts(record)
    foreign = b" ".join(part for part, is_utf8 in parts if not is_utf8)
    encoding = encoding_of(foreign)
    mixed = any(is_utf8 for _, is_utf8 in parts)
    if encoding is None:
        if not mixed and len(record.translate(None, _HIGH)) < 0.5 * len(record):
            return _BINARY
        return record.decode("utf-8", "replace"), ("invalid_utf8",)
    text = "".join(part.decode("utf-8" if own else encoding, "replace") for part, own in parts)
    notes = (f"encoding:{encoding}",)
    return text, (("encoding:utf-8", *notes) if mixed else notes)


def _parts(record: bytes) -> list[tuple[bytes, bool]]:
    """Part a record into what is UTF-8 without doubt and what lies between."""
    parts: list[tuple[bytes, bool]] = []
    end = 0
    for match in _STRETCH.finditer(record):
        if _THREE.search(match[0]):
            parts += [(record[end : match.start()], False), (match[0], True)]
            end = match.end()
    parts.append((record[end:], False))
    return [part for part in parts if part[0]]


def _wide(record: bytes) -> tuple[str, tuple[str, ...]] | None:
    """Read UTF-16, told by its mark or by high bytes of ASCII and Cyrillic in every second place.

    A line that was cut out of UTF-16 at the byte LF has half a character at one of its ends.
    """
    if record[:2] in _MARKS:
        encoding, body = ("utf_16_le" if record[0] == 0xFF else "utf_16_be"), record[2:]
    else:
        body = record[1:] if len(record) % 2 and record[:1] == b"\x00" else record
        even, odd = _high_bytes(body[0::2]), _high_bytes(body[1::2])
        if max(even, odd) < 0.6 * (len(body) // 2) or min(even, odd) > 0.2 * max(even, odd):
            return None
        encoding = "utf_16_le" if odd > even else "utf_16_be"
    text = body[: len(body) // 2 * 2].decode(encoding, "replace")
    sample = text[:_SAMPLE]
    if sum(char.isprintable() or char in "\t\r\n\ufeff" for char in sample) < 0.8 * len(sample):
        return None
    notes = (f"encoding:{encoding}",)
    return text, ((*notes, "invalid_utf16") if "\ufffd" in text else notes)


def _high_bytes(places: bytes) -> int:
    return places.count(0) + places.count(4)
