"""Tests of attestations that end while the system runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.model import BatchKind, instant, rfc3339
from pipeline.runtime.attestations import DAY, EXPIRED, endings
from tests.registry.making import record, registry
from tests.runtime.centre import Centre, centre, failures, prepare

END = instant("2026-07-01T00:00:00Z")
ATTESTED = {"attested_open_by": "Head", "at": "2026-01-01", "valid_until": "2026-06-30"}


@pytest.mark.parametrize(
    ("left", "stage"),
    [
        pytest.param(31 * DAY, None, id="long-before"),
        pytest.param(30 * DAY, "attestation_ends_in_30_days", id="thirty"),
        pytest.param(14 * DAY + 1, "attestation_ends_in_30_days", id="more-than-fourteen"),
        pytest.param(14 * DAY, "attestation_ends_in_14_days", id="fourteen"),
        pytest.param(7 * DAY, "attestation_ends_in_7_days", id="seven"),
        pytest.param(3 * DAY, "attestation_ends_in_3_days", id="three"),
        pytest.param(1, "attestation_ends_in_3_days", id="the-last-instant"),
        pytest.param(0, EXPIRED, id="the-end"),
        pytest.param(-90 * DAY, EXPIRED, id="long-after"),
    ],
)
def test_an_end_has_stages(left: int, stage: str | None) -> None:
    """Each stage ahead of the end is one page, and the end itself is one."""
    held = registry(record("plant", attestation=ATTESTED), record("none", attestation=None))
    found = [(one.object_id, one.stage) for one in endings(held, END - left)]
    assert found == ([] if stage is None else [("plant", stage)])


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Centre]:
    """Make a system five days before the attestation of the bank ends."""
    prepare(tmp_path)
    path = tmp_path / "objects" / "objects.yml"
    text = path.read_text(encoding="utf-8")
    begin = text.index("- id: kz-bank\n")
    end = text.index("valid_until:", begin)
    stop = text.index("\n", end)
    path.write_text(f"{text[:end]}valid_until: 2026-06-30{text[stop:]}", encoding="utf-8")
    with centre(tmp_path, at=instant("2026-06-30T19:00:00Z") - 5 * DAY) as one:
        yield one


def pages(one: Centre) -> list[tuple[str, str]]:
    """Give the notices that page the duty officer of the bank at first, as (decision, rule)."""
    return [
        (each.guard.decision, each.guard.rule)
        for each in one.notices()
        if each.object_id == "kz-bank"
        and each.recipient.role == "duty_officer"
        and each.leg == "first"
    ]


def test_the_duty_officer_is_paged_ahead_of_the_end_and_at_it(made: Centre) -> None:
    """A page comes at each stage, once, also over a restart and without a single record."""
    made.tick()
    made.tick(minutes=1)
    assert len(pages(made)) == 1
    made.tick(minutes=2 * 24 * 60)
    assert len(pages(made)) == 2
    made.tick(minutes=4 * 24 * 60)
    assert pages(made)[-1] == ("hold", "attestation_expired")
    said = [one.detail["stage"] for one in made.audit("attestation_ending")]
    assert said == ["attestation_ends_in_7_days", "attestation_ends_in_3_days", EXPIRED]
    at = made.clock.now()
    made.system.close()
    with centre(made.folder, at=at) as again:
        again.tick(minutes=60)
        assert len(again.audit("attestation_ending")) == 3
        assert len(pages(again)) == 3


def test_an_attestation_ends_in_the_middle_of_a_stream(made: Centre) -> None:
    """The record before the end is kept, the one after it leaves nothing but its count."""
    made.clock.advance_to(instant("2026-06-30T18:59:59Z"))
    made.take(failures(1, 2))
    made.clock.advance_to(instant("2026-06-30T19:00:00Z"))
    with pytest.raises(AssertionError):
        made.take(failures(2, 2))
    kinds = [batch.kind for _, batch in made.system.stores.journal.read(0, 99)]
    assert kinds.count(BatchKind.RAW) == 1
    made.tick()
    refused = made.audit("records_refused")
    assert [one.detail["reason"] for one in refused] == ["attestation_expired"]
    assert rfc3339(made.clock.now()) == "2026-06-30T19:00:00Z"
