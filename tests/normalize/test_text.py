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


WORDS = {
    "ru": "ошибка вход пароль отказ сервер сбой питания диспетчер насос клапан отключён Ахметов "
    "архив шлюз поток очередь ёмкость объём съезд щит эфир юг яркость цех хвост жёлтый фаза "
    "АВАРИЯ ОТКАЗ ПИТАНИЯ ДОСТУП ЗАКРЫТ НЕТ СВЯЗИ С УЗЛОМ да нет не он из",
    "kk": "қате кіру құпиясөз рұқсат берілмеді жүйе қызметкер әкімші өшірілді үзіліс ұйым ғимарат "
    "Нұрсұлтан Әсел Өскемен Үржар Ұлытау Һәм ҚАТЕ ЖҮЙЕ ТОҚТАДЫ жаңа иә жоқ",
}
LINES = ["{}", "<13>Mar  2 10:00:00 srv app[7]: user={} from 10.0.0.7", '{{"пример": "{}"}}']


@pytest.mark.parametrize("encoding", ["cp1251", "kz1048", "koi8_r", "cp866", "utf-8"])
@pytest.mark.parametrize("language", WORDS)
def test_one_word_shows_its_encoding(language: str, encoding: str) -> None:
    """A line with one Cyrillic word is read right, alone and among ASCII, in 9 of 10 hard cases.

    The words are rare ones; of some nobody can tell (``НЕТ`` in CP1251 is ``мер`` in KOI8-R).
    """
    right = total = 0
    for word in WORDS[language].split():
        for line in LINES:
            try:
                record = line.format(word).encode(encoding)
            except UnicodeEncodeError:
                continue  # a Kazakh letter that the encoding does not have
            total += 1
            found = decode(record)
            right += not isinstance(found, Refusal) and found[0] == line.format(word)
    assert right >= 0.9 * total


@pytest.mark.parametrize("encoding", ["cp1251", "kz1048", "koi8_r", "cp866"])
@pytest.mark.parametrize("language", WORDS)
def test_three_words_leave_no_doubt(language: str, encoding: str) -> None:
    """A line with three words in one encoding is always read right."""
    words = WORDS[language].split()
    for at in range(len(words) - 2):
        text = "srv: " + " ".join(words[at : at + 3])
        try:
            record = text.encode(encoding)
        except UnicodeEncodeError:
            continue  # a Kazakh letter that the encoding does not have
        found = decode(record)
        assert not isinstance(found, Refusal)
        assert found[0] == text


@pytest.mark.parametrize("text", [RUSSIAN, KAZAKH, "ошибка", "қате", "Отказ 7", "user=Әлия"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_text_needs_no_mark(encoding: str, text: str) -> None:
    """UTF-16 without a mark is read, also where no character of it is ASCII."""
    assert decode(text.encode(encoding)) == (text, (f"encoding:{encoding.replace('-', '_')}",))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_lines_cut_out_of_wide_text_are_read(encoding: str) -> None:
    """A file in UTF-16 without a mark that was cut at the byte LF loses no letter."""
    whole = f"{RUSSIAN}\n{KAZAKH}\nlast line".encode(encoding)
    lines = [decode(line) for line in whole.split(b"\n")]
    texts = ["" if isinstance(line, Refusal) else line[0].strip("\x00") for line in lines]
    assert texts == [RUSSIAN, KAZAKH, "last line"]


def test_each_record_of_a_file_has_an_encoding_of_its_own() -> None:
    """Lines of one file in several encodings are each read in theirs."""
    kept = [("utf-8", KAZAKH), ("cp1251", RUSSIAN), ("koi8_r", RUSSIAN), ("cp866", RUSSIAN),
            ("kz1048", KAZAKH), ("utf-8", "plain")]  # fmt: skip
    for encoding, text in kept:
        found = decode(text.encode(encoding))
        assert not isinstance(found, Refusal)
        assert found[0] == text, encoding


@pytest.mark.parametrize("encoding", ["cp1251", "koi8_r", "cp866"])
def test_two_encodings_in_one_record_are_parted(encoding: str) -> None:
    """A relay's UTF-8 before a message in another encoding spoils neither."""
    head, tail = "сервер-тіркеу-орталығы жіберуші: ", "отказ в доступе пользователю Петров"
    found = decode(head.encode() + tail.encode(encoding))
    assert found == (head + tail, ("encoding:utf-8", f"encoding:{encoding}"))


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_cut_character_spoils_no_text(cut: int) -> None:
    """UTF-8 that a relay cut inside a character stays UTF-8; the rest of it is replaced."""
    text = "Қолданушы кірді 😀"
    found = decode(text.encode()[:-cut])
    assert found == (text[:-1] + "\ufffd", ("invalid_utf8",))


@pytest.mark.parametrize(
    "text", ["café", "Zürich Müller", "São Paulo", "Straße 7", "naïve résumé", "10 °C"]
)
def test_western_text_is_not_taken_for_cyrillic(text: str) -> None:
    """Letters of Latin-1 inside Latin words are no Cyrillic: they are replaced, with a note."""
    found = decode(text.encode("latin-1"))
    assert not isinstance(found, Refusal)
    assert found[1] == ("invalid_utf8",)


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
