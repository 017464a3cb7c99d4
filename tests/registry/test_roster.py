"""Who is on duty when: turns by the local clock, shifts before rotas, gaps and overlaps."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigurationError
from pipeline.model import NANOSECONDS, instant, rfc3339
from pipeline.registry import LEVELS, Registry, Roster, load_registry, registry_from_bundle
from pipeline.registry.writing import as_ndjson, as_yaml, registry_document
from tests.registry.making import RULES

HOUR = 3600 * NANOSECONDS
PEOPLE = """
  people:
    - {id: a, name: A, languages: [kk], channels: [{channel: folder}]}
    - {id: b, name: B, languages: [ru, kk], channels: [{channel: email, address: b@c.example}]}
"""
ROTA = "  rotas: [{level: duty_officer, people: [a, b], begins: 2024-02-29T20:00:00, hours: 12}]\n"


def loaded(folder: Path, text: str, zone: str = "Asia/Almaty") -> Registry:
    """Load a registry of one file with a roster."""
    file = folder / "roster.yml"
    file.write_text(f"zone: {zone}\nroster:{text}", encoding="utf-8")
    return load_registry([file])


def roster(folder: Path, text: str) -> Roster:
    """Give the roster of a file."""
    found = loaded(folder, text).roster
    assert found is not None
    return found


def test_the_example_covers_every_level() -> None:
    """Of the example roster somebody is on duty on each level at any time."""
    example = load_registry([RULES / "objects"]).roster
    assert example is not None
    for at in ("2024-02-29T19:30:00Z", "2026-11-21T12:00:00Z", "2031-01-01T00:00:00Z"):
        assert all(example.on_duty(level, instant(at)) for level in LEVELS)


TURNS = [  # the clocks of Almaty went back an hour at midnight before 2024-03-01 (tzdata)
    ("2024-02-29T13:59:59Z", None, ""),
    ("2024-02-29T14:00:00Z", "a", "2024-03-01T03:00:00Z"),
    ("2024-03-01T02:59:59Z", "a", "2024-03-01T03:00:00Z"),
    ("2024-03-01T03:00:00Z", "b", "2024-03-01T15:00:00Z"),
    ("2024-03-01T15:00:00Z", "a", "2024-03-02T03:00:00Z"),
]


@pytest.mark.parametrize(("at", "who", "ends"), TURNS, ids=[one[0] for one in TURNS])
def test_turns_follow_the_local_clock(tmp_path: Path, at: str, who: str | None, ends: str) -> None:
    """A turn ends at eight by the local clock, also on the day on which the zone changed."""
    duty = roster(tmp_path, PEOPLE + ROTA.replace("20:00:00", "20:00:00+06:00")).on_duty(
        "duty_officer", instant(at)
    )
    assert (duty and duty.person.id) == who
    assert not duty or rfc3339(duty.ends) == ends


@given(st.integers(0, 24 * 400))
def test_turns_leave_no_instant_out(hours: int) -> None:
    """At each hour of a rota one turn is on, and its edges hold it, across a change of clocks."""
    made = Roster.model_validate(
        {
            "zone": "Europe/Brussels",
            "people": [
                {"id": one, "name": one, "languages": ["kk"], "channels": [{"channel": "folder"}]}
                for one in "abc"
            ],
            "rotas": [
                {"level": "duty_lead", "people": ["a", "b", "c"], "begins": "2024-01-01",
                 "hours": 5}
            ],
        }
    )  # fmt: skip
    at = instant("2024-01-01T00:00:00Z") + hours * HOUR
    duty = made.on_duty("duty_lead", at)
    assert duty is not None
    assert duty.begins <= at < duty.ends
    after = made.on_duty("duty_lead", duty.ends)
    assert after is not None
    assert after.begins == duty.ends


def test_a_shift_goes_before_the_rota(tmp_path: Path) -> None:
    """Who swaps a turn is on duty, and afterwards the rota goes on."""
    held = roster(
        tmp_path,
        PEOPLE
        + ROTA
        + "  shifts: [{level: duty_officer, person: b, begins: 2024-03-05, ends: 2024-03-05}]\n",
    )
    noon = instant("2024-03-05T12:00:00+05:00")
    for at, who in ((noon, "b"), (noon + 10 * HOUR, "b"), (noon + 34 * HOUR, "a")):
        duty = held.on_duty("duty_officer", at)
        assert duty is not None
        assert duty.person.id == who, rfc3339(at)
    assert (held.until("duty_officer", noon) or 0) > noon + 10**5 * HOUR


def test_where_nobody_is_on_duty_the_next_level_is_told(tmp_path: Path) -> None:
    """A level without anybody passes on upwards, and at the top downwards."""
    text = """
  shifts:
    - {level: duty_officer, person: a, begins: 2026-01-01, ends: 2026-01-01}
    - {level: duty_lead, person: b, begins: 2026-01-01, ends: 2026-01-02}
"""
    held = roster(tmp_path, PEOPLE + text)
    first, second = instant("2026-01-01T12:00:00Z"), instant("2026-01-02T12:00:00Z")
    reached = [
        duty and (duty.level, duty.person.id)
        for level, at in (
            ("duty_officer", first), ("duty_officer", second), ("head_of_centre", second),
            ("duty_officer", second + 24 * HOUR),
        )
        for duty in (held.reached(level, at),)
    ]  # fmt: skip
    assert reached == [("duty_officer", "a"), ("duty_lead", "b"), ("duty_lead", "b"), None]
    ends = instant("2026-01-02T00:00:00+05:00")
    assert [held.until("duty_officer", at) for at in (first, second)] == [ends, ends]
    assert held.until("duty_officer", first - 24 * HOUR) is None


BROKEN = [
    ("shift", "  shifts: [{level: duty_officer, person: z, begins: 2026-01-01, ends: 2026-01-02}]",
     "nobody is named 'z'"),
    ("gap", """
  shifts:
    - {level: duty_officer, person: a, begins: 2026-01-01, ends: 2026-01-01}
    - {level: duty_officer, person: b, begins: 2026-01-03, ends: 2026-01-04}""",
     "from 2026-01-01T19:00Z to 2026-01-02T19:00Z nobody is the duty_officer"),
    ("overlap", """
  shifts:
    - {level: duty_officer, person: a, begins: 2026-01-01, ends: 2026-01-03}
    - {level: duty_officer, person: b, begins: 2026-01-03, ends: 2026-01-04}""",
     "overlaps with shifts.0"),
    ("backward", "  shifts: [{level: duty_lead, person: a, begins: 2026-05-05, ends: 2026-01-01}]",
     "ends before it begins"),
    ("nobody", "  shifts: []", "nobody is ever the duty_officer"),
    ("level", "  shifts: [{level: director, person: a, begins: 2026-01-01, ends: 2026-01-02}]",
     "duty_officer"),
    ("no roster", "", "nobody is ever the duty_officer"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), [one[1:] for one in BROKEN],
                         ids=[one[0] for one in BROKEN])  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    """Unknown people, gaps, overlaps and turned times end the load, each with its line."""
    with pytest.raises(ConfigurationError) as caught:
        loaded(tmp_path, f"{PEOPLE}{text}\n")
    found = [one for one in caught.value.problems if message in one.message]
    assert found, caught.value.problems
    assert found[0].line >= 2


def test_a_roster_travels_with_the_registry(tmp_path: Path) -> None:
    """Bundle, YAML and NDJSON give the same roster back, and it is part of the revision."""
    held = loaded(tmp_path, PEOPLE + ROTA)
    assert held.revision != loaded(tmp_path, PEOPLE + ROTA.replace("12}", "8}")).revision
    assert registry_from_bundle(held.bundle()) == held
    for name, text in (
        ("again.yml", as_yaml(registry_document(held))),
        ("again.ndjson", as_ndjson(registry_document(held))),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert load_registry([tmp_path / name]) == held
