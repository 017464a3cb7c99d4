"""The short stems by which a raw record is sifted before it is searched for keywords."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.match.keywords import raw_test

WORDS = ["mimikatz", "sekurlsa::", "\\mimilib.dll", "gentilkiwi.com", "kiwi legit printer"]
letters = st.sampled_from("abkimst:\\/ .\u017f\u212a\u00df\u0130\ufb06жқ\u20ac")


@given(
    words=st.lists(st.text("abkims:./ ", min_size=1, max_size=9).filter(str.strip), min_size=1),
    before=st.text(letters, max_size=8),
    after=st.text(letters, max_size=8),
    data=st.data(),
)
def test_a_record_that_holds_a_word_is_never_quiet(
    words: list[str], before: str, after: str, data: st.DataObject
) -> None:
    """Whatever stands around a word, and however JSON writes it, both tests find the record."""
    word = data.draw(st.sampled_from(words))
    shown = "".join(data.draw(st.sampled_from([char, char.upper()])) for char in word)
    text = f"{before}{shown}{after}"
    for record in (orjson.dumps({"a": text}), ascii_json(text)):
        for portable in (False, True):
            test = raw_test(words, portable=portable)
            assert test is None or test(record)


def ascii_json(text: str) -> bytes:
    """Write a text as JSON with every character escaped."""
    units = text.encode("utf-16-be")
    escaped = b"".join(
        b"\\u%02x%02x" % (units[at], units[at + 1]) for at in range(0, len(units), 2)
    )
    return b'{"a":"' + escaped + b'"}'


@pytest.mark.parametrize(
    "record",
    [
        rb'{"a": "\u0027\u003cprivileged\u003e kiwis and mimics"}',
        '{"a": "служба №7 остановлена"}'.encode(),
        b'{"a": "nothing of the kind, though seekers keep it"}',
    ],
)
@pytest.mark.parametrize("portable", [False, True])
def test_a_record_without_a_word_is_quiet(record: bytes, portable: bool) -> None:
    """A record that holds a stem at most, and no word, is not searched further."""
    test = raw_test(WORDS, portable=portable)
    assert test is not None
    assert not test(record)
