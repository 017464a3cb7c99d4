"""The record of an object in plain words: times, sources, sentinels, long lists."""

import re
from dataclasses import replace
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

from pipeline.access import Role
from pipeline.model import Json
from pipeline.notify.texts import LANGUAGES
from pipeline.registry import ObjectRecord
from pipeline.registry.moments import EARLIEST, LATEST
from pipeline.runtime.cli.statistics_words import catalogs
from pipeline.web.console import Beside
from pipeline.web.console.parts import Facts, Table
from pipeline.web.console.record import MOST_VALUES, Record, flag_word
from pipeline.web.console.words import Words, console_texts
from pipeline.web.console.zones import zone_of
from tests.web.console.consoles import centre, console
from tests.web.desks import NOW, viewer

ALMATY = ZoneInfo("Asia/Almaty")
UNTIL = 1_924_974_000_000_000_000  # what the registry keeps of 2031-01-01 in Almaty


def record(language: str = "en") -> Record:
    return Record(Words(console_texts(), language), ALMATY)


TIMES = {
    UNTIL: "2031-01-01 00:00 +05:00",
    EARLIEST: "from the beginning",
    LATEST - 1: "without an end",
    LATEST: "without an end",
    NOW: "2025-10-09 14:10 +05:00",
}


@pytest.mark.parametrize(("instant", "said"), TIMES.items(), ids=TIMES.values())
def test_a_time_is_a_time(instant: int, said: str) -> None:
    """An instant is told in the reader's zone, and what no clock shows in words."""
    assert f">{said}<" in record().time(instant)
    if instant == UNTIL:
        assert 'datetime="2030-12-31T19:00:00Z"' in record().time(instant)


@pytest.mark.parametrize(
    ("wanted", "zone"),
    [("Asia/Almaty", ALMATY), ("", UTC), ("../../etc/passwd", UTC), ("Asia/Nowhere", UTC)],
)
def test_a_zone_is_one_that_there_is(wanted: str, zone: object) -> None:
    """What a cookie says counts where it names a zone; else the centre's does."""
    assert zone_of(wanted, UTC) == zone


FLAGS = {
    "connected": ("қосылған", "подключён", "to the centre"),
    "financial:bank": ("банк", "банк", "bank"),
    "reach:country": ("ел", "страна", "the country"),
    "ownership:non_state": ("мемлекеттік емес", "негосударственн", "state"),
    "critical:electricity": ("электр", "электр", "electricity"),
    "stage:trial": ("тәжірибе", "опытн", "trial"),
    "class:essential": ("essential", "essential", "essential"),
}


@pytest.mark.parametrize(("flag", "said"), FLAGS.items(), ids=FLAGS.keys())
def test_a_flag_is_a_word(flag: str, said: tuple[str, str, str]) -> None:
    """A flag is told in the reader's language, and so is its value; no code is left of it."""
    texts = console_texts().beside(catalogs().messages)
    for language, part in zip(LANGUAGES, said, strict=True):
        found = flag_word(Words(texts, language), flag)
        assert part.casefold() in found.casefold()
        assert flag != found
        assert flag.partition(":")[0] not in found or language == "en"


def page(beside: Beside, role: Role = Role.OWNER, language: str = "en", **cookies: str) -> str:
    """Show the page of the object ``full`` to somebody."""
    made = centre()
    who = replace(viewer(role), language=language)
    client = TestClient(console(made, who, beside), cookies=cookies)
    answer = client.get("/objects/critical")
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", [Role.OWNER, Role.ANALYST, Role.ADMINISTRATOR])
def test_no_instant_stands_as_a_number(role: Role, language: str) -> None:
    """No page of an object shows nanoseconds, a dictionary of the program, or a path of names."""
    text = page(Beside(zone=ALMATY), role, language)
    assert re.search(r"(?<!\w)-?\d{17,19}(?!\w)", text) is None
    assert "{&#" not in text
    assert "attestation.valid_until" not in text
    assert "+05:00" in text


def test_times_are_the_readers() -> None:
    """A browser's zone goes before the centre's."""
    assert "+09:00" in page(Beside(zone=ALMATY), saqshy_zone="Asia/Tokyo")


def test_a_history_says_what_it_leaves_out() -> None:
    """A revision of ever is told in words, and a long list of changes says how many more."""
    fields = [{"path": f"network.addresses.{n}", "before": "", "after": str(n)} for n in range(27)]
    change: Json = {"recorded_at": EARLIEST, "valid_from": UNTIL, "actor": "administrator/a",
                    "reason": "why", "fields": fields}  # fmt: skip
    text = page(Beside(changes=lambda _object: [change], zone=ALMATY), Role.ADMINISTRATOR)
    assert "1823" not in text
    assert "from the beginning" in text
    assert "Network – addresses: – → 0" in text
    assert f"and {27 - MOST_VALUES} more" in text


def _document(**more: Any) -> Json:
    said = {"id": "plant", "restriction": "none", **more}
    return ObjectRecord.model_validate(said, context={"bundle": True}).model_dump(
        mode="json", exclude_defaults=True
    )


def test_sources_are_a_table() -> None:
    """What sends is a table of its own, with what it is known by in words; not one cell of code."""
    match = {"addresses": ["192.0.2.1"], "fields": {"vendor": "=1<b>"}}
    sources = [{"id": f"s{n}", "match": match, "silence_seconds": 7_200} for n in range(60)]
    _, table = record().bodies(_document(sources=sources))
    assert isinstance(table, Table)
    assert table.columns == ["Name in the registry", "Known by", "Silent after, s"]
    first = table.rows[0].cells
    assert "192.0.2.1" in first[1]
    assert "&lt;b&gt;" in first[1]
    assert "<b>" not in first[1]
    assert "Addresses" in first[1]
    assert table.rows[-1].cells[0] == "and 10 more"


def test_long_lists_say_how_many_more() -> None:
    """Of a long list of values the first stand there, and the number of the rest."""
    document = _document(network={"addresses": [f"192.0.2.{n}" for n in range(30)]})
    facts, *_ = record().bodies(document)
    assert isinstance(facts, Facts)
    shown = dict(facts.pairs)["Network – addresses"]
    assert "192.0.2.19" in shown
    assert "192.0.2.20" not in shown
    assert "and 10 more" in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_has_a_name(language: str) -> None:
    """Each field of a record, of its parts too, has its word in each language."""
    known = console_texts().messages[language]
    lacking = {
        one for one in _names(ObjectRecord) if ("record", one) not in known
    } - {"kk", "ru", "en", "channel", "phone", "email", "address"}  # fmt: skip
    assert lacking == set()


def _names(model: Any) -> set[str]:
    found: set[str] = set()
    schema = model.model_json_schema()
    for one in (schema, *schema.get("$defs", {}).values()):
        found |= set(one.get("properties", {}))
    return found
