"""Bytes to text: UTF-8, and what else Kazakh, Russian and Windows systems write.

The original bytes stay with the batch; here a field's text is made, and a note says how.
"""

from pipeline.model import FailureCode
from pipeline.normalize.parsed import Refusal

# Control characters that no text log carries, but tab, line ends, form feed and escape.
_CONTROLS = bytes(set(range(32)) - {9, 10, 11, 12, 13, 27}) + b"\x7f"
_MOST_CONTROLS = 0.1  # of all bytes; a stray NUL or two are dirt, a tenth is another kind of data
_MOST_ODD = 0.2  # of the bytes above ASCII: what a wrong single-byte encoding leaves

_ASCII, _HIGH = bytes(range(128)), bytes(range(128, 256))
_SAMPLE = 4096  # of a long record tell its encoding
_MARKS = (b"\xff\xfe", b"\xfe\xff")
_COMMON = frozenset("оеаинтсрвлкмдпуы")  # two thirds of Russian text, most of Kazakh too
_LETTERS = frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюяёәғқңөұүһі")
_SINGLE_BYTE = ("cp1251", "kz1048", "koi8_r")


def decode(record: bytes) -> tuple[str, tuple[str, ...]] | Refusal:
    """Give a record's text and notes on how it was read, or a Refusal where it is binary.

    UTF-8 and UTF-16 (with or without a mark) are read as they are; Cyrillic in CP1251, its Kazakh
    form KZ-1048 (STRK1048-2002) or KOI8-R is told by letter frequency; otherwise invalid bytes
    become U+FFFD.
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
    return _BINARY if _is_binary(record) else (text, ())


_BINARY = Refusal(
    FailureCode.BINARY,
    "is binary data, no text: check what this source sends (compressed, encrypted or another "
    "protocol?), or decode it before it is sent",
)


def _is_binary(record: bytes) -> bool:
    kept = record.translate(None, _CONTROLS)
    return len(record) - len(kept) > _MOST_CONTROLS * len(record)


def _decode_other(record: bytes) -> tuple[str, tuple[str, ...]] | Refusal:
    wide = _wide(record) if record[:2] in _MARKS else None
    if wide is not None:
        return wide
    if _is_binary(record):
        return _BINARY
    encoding = _cyrillic(record)
    if encoding is not None:
        return record.decode(encoding, "replace"), (f"encoding:{encoding}",)
    if len(record.translate(None, _HIGH)) < 0.5 * len(record):
        return _BINARY
    return record.decode("utf-8", "replace"), ("invalid_utf8",)


def _wide(record: bytes) -> tuple[str, tuple[str, ...]] | None:
    """Read UTF-16, told by its mark or by NULs in every second byte only."""
    if record[:2] in _MARKS:
        encoding, body = ("utf_16_le" if record[0] == 0xFF else "utf_16_be"), record[2:]
    else:
        even, odd, body = record[0::2].count(0), record[1::2].count(0), record
        if max(even, odd) < 0.15 * (len(record) / 2) or min(even, odd) > 0.05 * max(even, odd):
            return None
        encoding = "utf_16_le" if odd > even else "utf_16_be"
    text = body.decode(encoding, "replace")
    sample = text[:_SAMPLE]
    if sum(char.isprintable() or char in "\t\r\n" for char in sample) < 0.8 * len(sample):
        return None
    notes = (f"encoding:{encoding}",)
    return text, ((*notes, "invalid_utf16") if "\ufffd" in text else notes)


def _cyrillic(record: bytes) -> str | None:
    """Choose the single-byte encoding in which the high bytes read most like words."""
    best, best_score = None, 0.0
    begin = max(0, len(record) - len(record.lstrip(_ASCII)) - 8)
    sample = record[begin : begin + _SAMPLE]
    for encoding in _SINGLE_BYTE:
        score = _score(sample, encoding)
        if score > best_score:
            best, best_score = encoding, score
    return best


def _score(record: bytes, encoding: str) -> float:
    """Score a reading: letters, the common ones more, a capital after a small letter less."""
    text = record.decode(encoding, "replace")
    score, odd, high, before = 0.0, 0, 0, ""
    for char in text:
        if char > "\x7f":
            high += 1
            small = char.lower()
            if small in _LETTERS:
                score += 2.0 if small in _COMMON else 1.0
                if before != before.upper() and small != char:
                    score -= 2.0
            elif char not in "«»№–—…°":
                odd += 1
        before = char
    return score if high > 2 and odd <= _MOST_ODD * high else 0.0
