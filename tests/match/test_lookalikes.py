"""Letters that look like others: folded for matching, never in the original."""

import json

import pytest

from pipeline.match import Matcher
from pipeline.model import Event, RawBatch
from tests.match.material import matcher_of, rule_text
from tests.normalize.reading import batch_of, normalized

SELECTION = {"Image|endswith": "\\powershell.exe", "CommandLine|contains": "-enc"}
WINDOWS = {"product": "windows"}
RULES = (
    rule_text(
        {"s": SELECTION, "condition": "s"},
        id="00000000-0000-4000-8000-000000000001",
        logsource=WINDOWS,
    ),
    rule_text(
        {"s": SELECTION, "f": {"Image|startswith": "C:\\Windows\\"}, "condition": "s and not f"},
        id="00000000-0000-4000-8000-000000000002",
        logsource=WINDOWS,
    ),
)
REAL = r"C:\Windows\System32\powershell.exe"
CYRILLIC_O = r"C:\Windows\System32\p" + "\N{CYRILLIC SMALL LETTER O}" + "wershell.exe"
CYRILLIC_FOLDER = r"C:\Wind" + "\N{CYRILLIC SMALL LETTER O}" + r"ws\powershell.exe"


def read(image: str, command: str = "x -enc y", *, escaped: bool = False) -> tuple[RawBatch, Event]:
    document = {
        "EventID": 1,
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "Hostname": "ws01",
        "Image": image,
        "CommandLine": command,
    }
    batch = batch_of(json.dumps(document, ensure_ascii=escaped))
    (item,) = normalized(batch)
    assert isinstance(item, Event)
    return batch, item


def fired(matcher: Matcher, image: str, *, escaped: bool) -> list[str]:
    batch, event = read(image, escaped=escaped)
    one = [match.rule_id[-1:] for match in matcher.match(event)]
    together = matcher.ask([event, event], batch.records)
    assert [[m.rule_id[-1:] for m in found] for _, found, _ in together] == (
        [one, one] if one else []
    )
    assert event.native["Image"] == image  # as it came
    return one


@pytest.mark.parametrize("escaped", [False, True])
@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        pytest.param(REAL, ["1"], id="plain"),
        pytest.param(CYRILLIC_O, ["1"], id="a letter of the program's name"),
        pytest.param(CYRILLIC_FOLDER, ["1", "2"], id="a letter of the folder that is let be"),
        pytest.param("C:\\Программы\\powershell.exe", ["1", "2"], id="words of one script"),
        pytest.param("C:\\Программы\\пауэршелл.exe", [], id="another word"),
    ],
)
def test_a_disguised_name_is_matched_as_it_looks(
    image: str, wanted: list[str], *, escaped: bool
) -> None:
    """A rule fires on what a text looks like; a filter that the original misses hides nothing."""
    assert fired(matcher_of(*RULES), image, escaped=escaped) == wanted


def test_only_mixed_words_are_noted() -> None:
    """Text of one script a word needs no second look, in whatever language it is."""
    assert read("C:\\Құжаттар\\Есеп 2026.exe", "запуск службы")[1].notes == ()
    assert read(REAL)[1].notes == ()
    assert read(CYRILLIC_O)[1].notes == ("lookalikes",)
