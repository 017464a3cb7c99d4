"""How an event's fields are found and what their texts are."""

import pytest

from pipeline.match.view import ABSENT, NOTHING, Plans, Several, View, value_text

PLANS = Plans({"Image": ("Image", "NewProcessName", "process.executable")}, ("winlog.event_data",))


def view(native: dict[str, object], ecs: dict[str, object] | None = None) -> View:
    return View(PLANS, native, ecs or {})


def test_the_first_name_that_has_a_value_counts() -> None:
    """A field is looked up under its names in their order, the vendor's before ECS."""
    ecs: dict[str, object] = {"process": {"executable": "C"}}
    assert view({"Image": "A", "NewProcessName": "B"}, ecs)["Image"] == "a"
    assert view({"NewProcessName": "B"}, ecs)["Image"] == "b"
    assert view({"Image": None}, ecs)["Image"] == "c"
    assert view({}, ecs)["Image"] == "c"
    assert view({"winlog": {"event_data": {"Image": "D"}}})["Image"] == "d"


def test_absent_null_and_empty_are_told_apart() -> None:
    """An absent name, a null and an empty list have no text; only the first is absent."""
    seen = view({"null": None, "empty": [], "nulls": [None], "text": ""})
    assert [seen[name] is NOTHING for name in ("gone", "null", "empty", "nulls", "text")] == [
        True, True, True, True, False,
    ]  # fmt: skip
    assert seen.lookup("gone") is ABSENT
    assert seen.lookup("null") is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Äß", "Äß"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (1.0, "1.0"),
        (1e22, "1e+22"),
        ({"a": ["қ", 1]}, '{"a":["қ",1]}'),
    ],
)
def test_texts_of_values(value: object, text: str) -> None:
    """Every kind of value has one text."""
    assert value_text(value) == text


def test_case_is_folded_character_by_character() -> None:
    """Folding makes a part of a text a part of the folded text."""
    seen = view({"F": "ΣΑΣ Straße"})
    assert seen["F"] == "σασ strasse"


def test_several_values_answer_like_a_text() -> None:
    """A test holds for several values where it holds for one; for none it never does."""
    several = Several(("abc", "xyz"))
    assert several == "abc"
    assert several != "ab"
    assert "y" in several
    assert several.startswith(("q", "x"))
    assert several.endswith("c")
    assert not NOTHING.startswith("")
    assert "" not in NOTHING
    assert NOTHING != ""


def test_keywords_are_sought_in_every_value() -> None:
    """The text of the whole event holds each value, nested ones and the message too, no names."""
    seen = view({"a": "One", "b": [{"c": 2}]}, {"message": "Three", "event": {"kind": "event"}})
    assert sorted(str(seen[None]).split("\n")) == ["2", "one", "three"]
    assert sorted(view({}, {"event": {"kind": "Event"}}).originals(None)) == ["Event"]


def test_values_nested_without_end_are_walked() -> None:
    """Lists inside lists beyond Python's own depth are walked."""
    deep: object = "x"
    for _ in range(5_000):
        deep = [deep]
    assert view({"F": deep})["F"] == "x"
