"""What an object owes: terms from its papers, and what its owner declares otherwise."""

from typing import Any

import pytest

from pipeline.correlate.duties_watch import DUTY_DETECTORS, Owed
from pipeline.model import NANOSECONDS, instant
from pipeline.registry import ObjectRecord
from pipeline.registry.registry import make_registry
from pipeline.runtime.owing import Owing

AT = instant("2026-03-02T10:00:00Z")
HOUR = 3600 * NANOSECONDS
OPEN = {"restriction": "none", "attestation": {"attested_open_by": "head", "at": "2024-01-01"}}


def owing(**fields: Any) -> Owing:
    record = ObjectRecord.model_validate({"id": "o", **OPEN, **fields})
    return Owing(make_registry([record]), lambda _object, _at: record)


def owed(**fields: Any) -> list[Owed]:
    return list(owing(**fields)("o", AT))


def source(name: str, *carries: str) -> dict[str, Any]:
    return {"id": name, "match": {"hosts": [name]}, "carries": list(carries)}


def test_a_backup_is_owed_by_its_documentation() -> None:
    """The term is the last copy and the period of the object's papers, and events renew it."""
    backup = {"period_hours": 24, "last_at": "2026-03-01T10:00:00Z"}
    (one,) = owed(state_body=True, backup=backup)
    assert (one.detector, one.due, one.period, one.meets) == (
        "saqshy.missed-backup", AT, 24 * HOUR, "backup",
    )  # fmt: skip


@pytest.mark.parametrize(
    "fields",
    [
        {"state_body": True},
        {"state_body": True, "backup": {"last_at": "2026-03-01"}},
        {"state_body": True, "backup": {"period_hours": 24}},
        {"ownership": "non_state", "backup": {"period_hours": 24, "last_at": "2026-03-01"}},
    ],
    ids=["nothing known", "no period", "no copy and no beginning", "not bound"],
)
def test_no_number_is_invented(fields: dict[str, Any]) -> None:
    """Without a period, or where no norm binds, no backup is owed."""
    assert owed(**fields) == []


def network(**fields: Any) -> dict[str, Any]:
    return {"network": fields}


def joined(**fields: Any) -> dict[str, Any]:
    return {"integrations": [{"name": "a", **fields}]}


def domain(name: str, **fields: Any) -> dict[str, Any]:
    return {"network": {"domains": [{"name": name, **fields}]}}


def held(**facts: Any) -> dict[str, Any]:
    return {"personal_data": True, "personal_data_facts": facts}


ENDED = {"software": "s", "valid_until": "2026-03-01"}
BODY = {"state_body": True}
BRIDGE = {"name": "t", "zone": "state_transport", "addresses": ["10.0.0.0/8"], "internet": True}


@pytest.mark.parametrize(
    ("fields", "detector", "subject"),
    [
        (BODY | network(internet_via_gateway=False), "internet-past-gateway", ""),
        (BODY | network(mail_via_gateway=False), "mail-past-gateway", ""),
        (network(segments=[BRIDGE]), "transport-bridged", "t"),
        (BODY | joined(via="direct"), "integration-past-gateway", "a"),
        (held(kind="restricted", mfa=False), "one-factor", ""),
        (held(storage_country="DE"), "personal-data-abroad", ""),
        (network(trunk=True, management_countries=["KZ", "DE"]), "control-abroad", ""),
        (domain("a.kz", hosting_country="DE"), "domain-abroad", "a.kz"),
        (network(hosting_country="DE", domains=[{"name": "a.kz"}]), "domain-abroad", "a.kz"),
        (domain("a.kz", certified=False), "domain-certificate", "a.kz"),
        (domain("a.kz", certificate_valid_until="2026-03-01"), "domain-certificate", "a.kz"),
        ({"software_licences": [ENDED]}, "licence-ended", "s"),
        ({"sources": [source("a", "dns")]}, "missing-access-log", ""),
        ({"sources": [source("a", "dns"), source("b", "access_log")]}, "missing-access-log", "b"),
    ],
)  # fmt: skip
def test_what_the_registry_says_is_owed(
    fields: dict[str, Any], detector: str, subject: str
) -> None:
    """Each fact that is not as the law has it is one duty, and its detector is known."""
    (one,) = owed(**fields)
    assert (one.detector, one.subject) == (f"saqshy.{detector}", subject)
    assert one.detector in DUTY_DETECTORS


@pytest.mark.parametrize(
    "fields",
    [
        {"ownership": "non_state", **network(internet_via_gateway=False, mail_via_gateway=False)},
        BODY | network(internet_via_gateway=False, gateway_exemption="special_state_body"),
        BODY | network(internet_via_gateway=True),
        BODY | joined(via="direct", exception="data_analysis"),
        BODY | joined(via="eg_gateway"),
        joined(via="direct", state=False),
        held(kind="public", mfa=False),
        held(kind="restricted"),
        held(storage_country="KZ"),
        held(storage_country="DE") | {"personal_data": False},
        network(management_countries=["DE"]),
        network(trunk=True, management_countries=["KZ"]),
        domain("a.com", hosting_country="DE", certified=False),
        domain("a.kz"),
        {"software_licences": [{"software": "s"}]},
        {"sources": [source("a", "dns"), source("b")]},
    ],
)
def test_what_is_not_owed(fields: dict[str, Any]) -> None:
    """Where the norm does not bind, a duty is met, or a fact is unknown, nothing is owed."""
    assert owed(**fields) == []


def test_an_object_that_is_not_attested_open_owes_nothing_here() -> None:
    """What may not be watched is not watched by ticks either."""
    fields = {"id": "o", "restriction": "none", **domain("a.kz", certified=False)}
    record = ObjectRecord.model_validate(fields)
    made = Owing(make_registry([record]), lambda _object, _at: record)
    assert list(made("o", AT)) == []
    assert made.objects() == ("o",)


def test_a_pack_without_a_norm_switches_a_detector_off() -> None:
    """Under another law's pack nothing is owed that it does not know."""
    record = ObjectRecord.model_validate({"id": "o", **OPEN, **domain("a.kz", certified=False)})
    made = Owing(make_registry([record]), lambda _object, _at: record, ("saqshy.one-factor",))
    assert (list(made("o", AT)), made.objects()) == ([], ())


def test_who_owes_nothing_gets_no_ticks() -> None:
    """Objects without duties are not among those that ticks wake."""
    assert owing(state_body=True).objects() == ()
    backup = {"period_hours": 24, "last_at": "2026-03-01"}
    assert owing(state_body=True, backup=backup).objects() == ("o",)
    assert owing(**domain("a.kz", certified=False)).objects() == ("o",)
