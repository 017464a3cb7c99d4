"""Tests of users that are written with their domain."""

import pytest

from pipeline.model import Json
from pipeline.normalize.domain_users import part_domains


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        pytest.param({"name": r"CORP\aliya"}, {"name": "aliya", "domain": "CORP"}, id="parted"),
        pytest.param({"name": r"CORP\\aliya"}, {"name": "aliya", "domain": "CORP"}, id="escaped"),
        pytest.param(
            {"name": r"CORP\aliya", "domain": "KEPT"},
            {"name": "aliya", "domain": "KEPT"},
            id="a domain that stands is kept",
        ),
        pytest.param({"name": "CORP\\"}, {"name": "CORP\\"}, id="no name behind"),
        pytest.param({"name": r"\aliya"}, {"name": r"\aliya"}, id="no domain before"),
        pytest.param({"name": "aliya"}, {"name": "aliya"}, id="no domain"),
        pytest.param({"id": "7"}, {"id": "7"}, id="no name"),
    ],
)
@pytest.mark.parametrize("side", ["", "source", "destination"])
def test_a_domain_before_a_name_is_parted(side: str, user: Json, expected: Json) -> None:
    """The user of an event and of both its ends is named without the domain before it."""
    ecs: Json = {side: {"user": dict(user)}} if side else {"user": dict(user)}
    part_domains(ecs)
    assert (ecs[side] if side else ecs)["user"] == expected
