"""Look-alike letters, folded for matching."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.lookalikes import disguised, folded, undisguised

LATIN = "abcdefghijklmnopqrstuvwxyz"
CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяёәғқңөұүһі"


@pytest.mark.parametrize(
    ("written", "looks"),
    [
        ("pоwershell", "powershell"),  # о
        ("рowеrshеll.ехe", "powershell.exe"),  # р, е, е, ех
        ("cмd.exe", "cmd.exe"),
        ("СMD", "CMD"),
        ("ТАSKKILL", "TASKKILL"),
        ("mіmikatz", "mimikatz"),  # Kazakh and Ukrainian і
        ("қernel32", "kernel32"),
        ("sуsteм32", "system32"),
        ("ВITSADMIN", "BITSADMIN"),
        ("вitsadmin", "bitsadmin"),
        ("hһost", "hhost"),
        ("аdmin", "admin"),
        ("user:аdmin;root", "user:admin;root"),
        ("пapoль", "пароль"),
        ("oшибкa", "ошибка"),
        ("қaзaқ", "қазақ"),
        ("əкімші", "әкімші"),
        ("ɵндіріс", "өндіріс"),
        ("HАЗАР", "НАЗАР"),
        ("қаhарман", "қаһарман"),
        ("power\u200bshell", "powershell"),
        ("power\u00adshell", "powershell"),
        ("\u202epowershell\u202c", "powershell"),
        ("ｐｏｗｅｒｓｈｅｌｌ　－ｅｎｃ", "powershell -enc"),
        ("a\u2060d\ufeffmin", "admin"),
        ("p0wеr", "p0wer"),
        ("сoр", "cop"),  # could be either: Latin
    ],
    ids=ascii,
)  # fmt: skip
def test_a_mixed_word_is_read_as_it_looks(written: str, looks: str) -> None:
    """A word of two scripts becomes one of the script that it is otherwise in."""
    assert folded(written) == looks


@pytest.mark.parametrize(
    "text",
    [
        "powershell -enc", "пароль изменён", "құпиясөз өзгертілді", "сор", "хост",
        "user Иванов host srv-01", "user_имя", "1С:Предприятие", "файл.exe", "Ünïcödé", "日本語",
        "C:\\Users\\Әлия\\file.txt", "", "№ 5", "ТОО «Пример» LLP", "naïve",
    ],
)  # fmt: skip
def test_words_of_one_script_stay(text: str) -> None:
    """Words wholly in one script, and other scripts, are not changed, whatever stands beside."""
    assert folded(text) == text


@given(st.text(alphabet=LATIN + LATIN.upper() + CYRILLIC + CYRILLIC.upper() + "ə 0_-.\u200bｐ"))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    """A folded text is folded."""
    assert folded(folded(text)) == folded(text)


@given(st.text())
def test_any_text_is_folded(text: str) -> None:
    """Whatever a text holds, folding it is repeatable and never makes it longer."""
    assert folded(folded(text)) == folded(text)
    assert len(folded(text)) <= len(text)


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_ascii_is_the_same_object(text: str) -> None:
    """ASCII costs one look."""
    assert folded(text) is text


DISGUISE = {"a": "а", "c": "с", "e": "е", "i": "і", "k": "к", "m": "м", "o": "о", "p": "р",
            "t": "т", "x": "х", "y": "у", "h": "һ", "b": "в", "s": "ѕ", "j": "ј"}  # fmt: skip
NAMES = [
    "powershell.exe",
    "mimikatz",
    "rundll32.exe",
    "certutil",
    "bitsadmin",
    "schtasks",
    "whoami",
]


@given(st.data(), st.sampled_from(NAMES), st.booleans())
def test_no_disguise_of_a_name_holds(data: st.DataObject, name: str, upper: bool) -> None:
    """However many letters of a Latin name are Cyrillic, folding finds it, before or after case.

    As long as one letter of each word is Latin.
    """
    chosen = data.draw(st.sets(st.sampled_from(range(len(name)))))
    worn = "".join(DISGUISE.get(c, c) if at in chosen else c for at, c in enumerate(name))
    worn = worn.upper() if upper else worn
    shown = [any(c.isascii() and c.isalpha() for c in word) for word in worn.split(".")]
    if all(shown):
        assert folded(worn).casefold() == name
        assert folded(worn.casefold()) == name


@given(
    st.text(
        st.sampled_from(
            "abco\u043e\u0430\u0441\uff41\u200b\u00ad\u034f\u061c\u180e\ufeff\ufe0f\u3000 "
        )
    )
)
def test_what_folding_changes_is_told(text: str) -> None:
    """A value is disguised where folding changes a text in it, however deep."""
    assert disguised({"a": [text]}) == (folded(text) != text)
    assert undisguised({"a": [text]}) == {"a": [folded(text)]}
