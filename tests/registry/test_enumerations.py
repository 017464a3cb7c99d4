"""Tests that the registry has every field and enumeration of the law's object model."""

from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from pipeline.registry import ObjectRecord, enumerations

TABLE_B = [  # the fields of the law's object model, with the article of each
    ("1(4)", "kind"), ("1(25)", "ici_kind"), ("32", "ownership"), ("32(4)", "access"),
    ("32(5)", "restriction"), ("32(6)", "restricted_by"), ("1(24)", "critical.sector"),
    ("1(24)", "critical.consequences"), ("54(3-3)", "critical.listed_at"),
    ("6(4)", "critical.list_ref"), ("6(4)", "critical.delisted_at"),
    ("9(17-2)", "critical.proposed_by"), ("1(24)", "critical.territory"),
    ("1(64)", "e_government.ground"), ("1(64)", "e_government.reason"), ("7-4", "state_body"),
    ("37(3)", "forms_state_eir"), ("54(3)", "integrated_with_state"), ("54(3)", "requirements"),
    ("1(31-1)", "financial_subject"), ("1(6)", "classification.code"),
    ("38(2)(8)", "classification.object_class"), ("31(1)", "classification.version"),
    ("1(6-1)", "lifecycle.stage"), ("39(4)", "lifecycle.trial_started_at"),
    ("39(4)", "lifecycle.trial_act.result"), ("49", "lifecycle.test_act.result"),
    ("49(4)", "lifecycle.test_act.laboratory"), ("40", "lifecycle.commissioned_at"),
    ("40(2)(9)", "lifecycle.warranty_until"),
    *(("16", f"parties.{facet}.{role}") for facet in ("system", "resource", "infrastructure")
      for role in ("owner", "holder", "operator", "basis", "agreement")),
    ("18", "parties.users"), ("17(2-1)", "operations_centre.party"),
    ("17(2-1)", "operations_centre.mode"), ("17(2-1)(2)", "ncc.link"), ("38(4)", "ncc.access_at"),
    ("36", "personal_data"), ("36(1)", "personal_data_facts.kind"),
    ("36(8)", "personal_data_facts.storage_country"), ("56", "personal_data_facts.state"),
    ("36(1)", "personal_data_facts.mfa"), ("17(4)", "protected_secrets"), ("17(4)", "audits.at"),
    ("42(3)", "backup.period_hours"), ("42(3)", "backup.last_at"),
    ("40(2)", "backup.last_restore_test_at"), ("17(2-1)(4)", "backup.national_copy_sent_at"),
    ("16(6)", "hosted_on"), ("43", "integrations.via"), ("43(1)", "integrations.contract"),
    ("44(4)", "integrations.personal_data_approval"), ("30", "network.internet_via_gateway"),
    ("30(3)", "network.gateway_exemption"), ("56-1", "network.domains.hosting_country"),
    ("56-1", "network.domains.certificate_valid_until"), ("1(46)", "network.addresses"),
    ("46(1)", "network.hosting_country"), ("1(47-1)", "protection.profile"),
    ("55(3)(3)", "protection.security_task"), ("52-1", "protection.in_trusted_registry"),
    ("31", "portal.id"), ("31", "portal.updated_at"), ("7(30)", "documents.reference"),
    ("38(3)", "names.kk"), ("38(3)", "names.ru"), ("5(11)", "operating_regime"),
]  # fmt: skip


def field_at(annotation: Any, path: list[str]) -> bool:
    """Tell whether a dotted path leads to a field of a model, through options and lists."""
    if not path:
        return True
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field = annotation.model_fields.get(path[0])
        return field is not None and field_at(field.annotation, path[1:])
    return any(field_at(part, path) for part in get_args(annotation))


@pytest.mark.parametrize(("article", "path"), TABLE_B, ids=str)
def test_every_field_of_the_laws_object_model_is_there(article: str, path: str) -> None:
    """Each field of the object model has its place in a record."""
    assert field_at(ObjectRecord, path.split(".")), (article, path)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        pytest.param("Kind", 4, id="1(4)"),
        pytest.param("IciKind", 6, id="1(25)"),
        pytest.param("Consequence", 8, id="1(24)"),
        pytest.param("Stage", 8, id="39-41-1"),
        pytest.param("OperatingRegime", 6, id="5(11)"),
        pytest.param("EGovernmentGround", 7, id="1(64)"),
        pytest.param("RequirementsGround", 7, id="54(3)"),
        pytest.param("IntegrationWay", 5, id="1(5-1)"),
    ],
)
def test_enumerations_are_closed_and_whole(name: str, size: int) -> None:
    """Each enumeration has as many values as the law names."""
    words = get_args(getattr(enumerations, name))
    assert len(words) == len(set(words)) == size


def test_the_first_twelve_branches_are_the_laws() -> None:
    """The twelve branches of 1(24) come first, those of the National Security Law after them."""
    branches = get_args(enumerations.Sector)
    assert branches[:12] == (
        "heat", "electricity", "gas", "water_supply", "industry", "health_care", "communications",
        "banking", "transport", "hydraulic_structures", "law_enforcement", "e_government",
    )  # fmt: skip
    assert get_origin(enumerations.Sector) is not None
