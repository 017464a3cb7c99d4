"""Bytes to text, in the encodings that senders here use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import FailureCode
from pipeline.normalize.parsed import Refusal
from pipeline.normalize.text import decode

RUSSIAN = "Ошибка входа пользователя Иванов с адреса 10.0.0.7"
KAZAKH = "Қате құпиясөз: пайдаланушы Әлия, мекенжай 10.0.0.7, рұқсат берілмеді"


@pytest.mark.parametrize(
    ("encoding", "text", "notes"),
    [
        ("utf-8", KAZAKH, ()),
        ("utf-8", "plain", ()),
        ("cp1251", RUSSIAN, ("encoding:cp1251",)),
        ("koi8_r", RUSSIAN, ("encoding:koi8_r",)),
        ("kz1048", KAZAKH, ("encoding:kz1048",)),
        ("cp1251", "<13>Mar  2 10:00:00 srv app: " + RUSSIAN, ("encoding:cp1251",)),
        ("koi8_r", "<13>Mar  2 10:00:00 srv app: " + RUSSIAN, ("encoding:koi8_r",)),
        ("cp1251", "ОШИБКА ВХОДА ПОЛЬЗОВАТЕЛЯ", ("encoding:cp1251",)),
        ("koi8_r", "ОШИБКА ВХОДА ПОЛЬЗОВАТЕЛЯ", ("encoding:koi8_r",)),
        ("utf-16-le", '{"EventID": 4624}', ("encoding:utf_16_le",)),
        ("utf-16-be", '{"EventID": 4624}', ("encoding:utf_16_be",)),
        ("utf-16-le", "<13>Mar  2 10:00:00 srv app: " + RUSSIAN, ("encoding:utf_16_le",)),
        ("utf-16", RUSSIAN, ("encoding:utf_16_le",)),
    ],
)
def test_an_encoding_is_found(encoding: str, text: str, notes: tuple[str, ...]) -> None:
    """Text comes out whole, and a note says which encoding was found where it is not UTF-8."""
    assert decode(text.encode(encoding)) == (text, notes)


def test_single_bad_bytes_are_replaced() -> None:
    """Bytes that fit no encoding become the replacement character, with a note."""
    assert decode(b"user \xff\xfelogin ok") == ("user \ufffd\ufffdlogin ok", ("invalid_utf8",))


@pytest.mark.parametrize(
    "record",
    [bytes(range(256)), b"\x00\x01\x02\x03" * 8, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
    ids=["all bytes", "control bytes", "TLS hello"],
)
def test_binary_is_refused(record: bytes) -> None:
    """What is no text in any encoding is refused as binary, with the way out."""
    found = decode(record)
    assert isinstance(found, Refusal)
    assert found.code is FailureCode.BINARY
    assert "check what this source sends" in found.detail


def test_a_stray_nul_is_no_binary() -> None:
    """One NUL in a line of text is dirt and stays where it is."""
    text = "<13>Mar  2 10:00:00 srv app: a\x00b and more text"
    assert decode(text.encode()) == (text, ())


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_binary(record: bytes) -> None:
    """Any bytes give text that UTF-8 can hold, or a refusal."""
    found = decode(record)
    if isinstance(found, Refusal):
        assert found.code is FailureCode.BINARY
    else:
        assert found[0].encode("utf-8").decode() == found[0]
