"""Passwords: their parameters, their length, and what is told by time."""

import pytest
from argon2 import Parameters, PasswordHasher, Type, extract_parameters

from pipeline.web.login.passwords import Passwords, password_problems


def test_they_are_kept_under_argon2id() -> None:
    """With 64 MiB, three passes and four lanes (RFC 9106, section 4, second choice)."""
    kept = Passwords().made("correct horse battery")
    found = extract_parameters(kept)
    assert found == Parameters(
        type=Type.ID, version=19, salt_len=16, hash_len=32, time_cost=3, memory_cost=65_536,
        parallelism=4,
    )  # fmt: skip


def test_weaker_ones_are_kept_anew() -> None:
    """What was kept under weaker parameters is told, and fits nevertheless."""
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    kept = weak.hash("correct horse battery")
    strong = Passwords()
    assert strong.outdated(kept)
    assert strong.fits(kept, "correct horse battery")
    assert not strong.fits("", "the password of nobody")
    assert not strong.fits("no hash", "x")


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("short", False),
        ("aaaaaaaaaaaaaaaaaaaa", False),
        ("my name is a.serik ok", False),
        ("x" * 257, False),
        ("correct horse battery", True),
        ("құпиясөзім ұзақ әрі жақсы", True),
    ],
)
def test_a_new_one_is_long(password: str, good: bool) -> None:
    """Length counts, not composition; the account's name is none."""
    assert (not list(password_problems(password, "a.serik"))) is good


def test_spellings_of_keyboards_are_one() -> None:
    """Composed and decomposed letters are the same password."""
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    assert passwords.fits(passwords.made("и\u0306 " * 6), "й " * 6)
