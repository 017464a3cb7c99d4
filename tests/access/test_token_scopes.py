"""Scopes of tokens: each fits something, or is refused with the one that was meant."""

import pytest

from pipeline.access import Role, load_policy
from pipeline.access.token_scopes import scope_problems, scopes_of
from tests.web.desks import POLICY, viewer

TABLE = load_policy(POLICY)


@pytest.mark.parametrize("scope", [*scopes_of(TABLE), "read:*", "act:*", "act:incident_*"])
def test_what_fits_is_a_scope(scope: str) -> None:
    """Every kind, page and command is a scope, and a star stands for whatever follows."""
    assert not list(scope_problems(TABLE, [scope]))
    verb, name = scope.split(":")
    reach = name if not name.endswith("*") else f"{name[:-1]}acknowledge"
    assert viewer(Role.ANALYST, scopes=frozenset({scope})).scoped(verb, reach)


WRONG = {
    "read:incident": "did you mean read:incidents?",
    "act:acknowledge": "did you mean act:incident_acknowledge?",
    "reed:incidents": "did you mean read:incidents?",
    "read:incidnts*": "did you mean read:incidents?",
    "read:in*dents": "did you mean read:incidents?",
    "incidents": "did you mean read:incidents?",
    "*": "such as read:audit, read:*, act:term_met",
    "": "such as read:audit, read:*, act:term_met",
    "act:zzzzzzzz": "such as read:audit, read:*, act:term_met",
}


@pytest.mark.parametrize(("scope", "way_out"), WRONG.items(), ids=WRONG.keys())
def test_what_fits_nothing_is_refused(scope: str, way_out: str) -> None:
    """A scope that nothing fits is told, with the nearest that something does."""
    ((told, out),) = scope_problems(TABLE, ["read:events", scope])
    assert repr(scope) in told
    assert out == way_out
