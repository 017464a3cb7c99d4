"""Tests of parties: the wishes for digests, refused at load with their places."""

from datetime import time
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.registry import Registry
from tests.registry.making import loaded

PARTY = """
parties:
  - id: bank
    names: {{kk: Банк, ru: Банк}}
    channels: [{{channel: {channel}, address: a@bank.example}}]
    digest: {{{wish}}}
"""


def read(folder: Path, wish: str, channel: str = "email") -> Registry:
    """Load a registry with one party that wishes digests."""
    return loaded(folder, parties_yml=PARTY.format(wish=wish, channel=channel))


def test_a_wish_is_read_whole(tmp_path: Path) -> None:
    """Hours, zone, days, span, grouping and language come as the file says them."""
    wish = "hours: 09:00-18:30, zone: Asia/Almaty, business_days: true, every: 2h, "
    party = read(tmp_path, wish + "group_by: incident, language: ru").party("bank")
    assert party is not None
    assert party.digest is not None
    digest = party.digest
    assert (digest.begins, digest.ends, digest.minutes) == (time(9), time(18, 30), 120)
    assert (digest.business_days, digest.group_by, digest.language) == (True, "incident", "ru")
    assert str(digest.tzinfo) == "Asia/Almaty"


def test_a_whole_day_is_the_default(tmp_path: Path) -> None:
    """Without hours letters leave on the hour, by day and by night."""
    party = read(tmp_path, "zone: UTC").party("bank")
    assert party is not None
    assert party.digest is not None
    assert (party.digest.begins, party.digest.ends, party.digest.minutes) == (time(0), None, 60)


@pytest.mark.parametrize(
    ("wish", "channel", "said"),
    [
        ("zone: Asia/Atlantis", "email", "no zone is named"),
        ("hours: 18:00-09:00, zone: UTC", "email", "hours end after they begin"),
        ("hours: 9-18, zone: UTC", "email", "from and until"),
        ("every: 1m, zone: UTC", "email", "every 5m at most"),
        ("every: 2d, zone: UTC", "email", "minutes or hours"),
        ("every: 25h, zone: UTC", "email", "every 5m at most"),
        ("group_by: party, zone: UTC", "email", "group_by"),
        ("language: de, zone: UTC", "email", "language"),
        ("hours: 09:00-18:00", "email", "zone"),
        ("zone: UTC", "ncc", "a digest goes by email or folder"),
        ("zone: UTC", "webhook", "a digest goes by email or folder"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused(
    tmp_path: Path, wish: str, channel: str, said: str
) -> None:
    """What no letter could follow fails at load, with file and line."""
    with pytest.raises(ConfigurationError) as error:
        read(tmp_path, wish, channel)
    (problem,) = error.value.problems
    assert said in problem.message
    assert problem.file.endswith("parties.yml")
    assert problem.line > 0


def test_all_errors_come_at_once(tmp_path: Path) -> None:
    """Two wrong fields are two problems."""
    with pytest.raises(ConfigurationError) as error:
        read(tmp_path, "hours: never, every: soon, zone: UTC")
    assert len(error.value.problems) == 2
