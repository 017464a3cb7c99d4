"""The law pack read twice: the auditor's own reading against the one that routes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.assess import CentreTerms, Pack, load_pack
from pipeline.audit.lawbook import INCIDENT, LawBook, Owing
from pipeline.model import NANOSECONDS
from pipeline.runtime.configuration import bundled

PACKS: dict[str, Pack] = {name: load_pack(bundled("law") / name) for name in ("kz", "nis2")}
BOOKS = {name: LawBook(pack.bundle()) for name, pack in PACKS.items()}
FLAGS = (
    "critical", "e_government", "state_body", "financial", "hosted", "hosts", "trial", "connected",
    "class:essential", "class:important", "class:via_authority", "class:informs_recipients",
    "class:trust_service",
)  # fmt: skip
KINDS = ("first", "update", "correction", "final")
ROLES = (
    "holder", "owner", "ncc", "sectoral_centre", "hosted_owner", "hosted_holder", "duty_officer",
    "operations_centre", "csirt", "competent_authority", "service_recipients", "nobody",
)  # fmt: skip
BEGIN = int(datetime(2022, 1, 1, tzinfo=UTC).timestamp()) * NANOSECONDS
END = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp()) * NANOSECONDS


@settings(max_examples=600, deadline=None)
@given(
    name=st.sampled_from(sorted(PACKS)),
    role=st.sampled_from(ROLES),
    kind=st.sampled_from(KINDS),
    flags=st.frozensets(st.sampled_from(FLAGS)),
    opened=st.integers(BEGIN, END),
    later=st.integers(0, 10**16),
)
def test_two_readings_of_a_pack_agree(
    name: str, role: str, kind: str, flags: frozenset[str], opened: int, later: int
) -> None:
    """Legs, terms and the parties of guests come out the same for every pack, object and time."""
    terms = CentreTerms(PACKS[name], opened, flags)
    owing = Owing(role, INCIDENT, flags, opened, opened + later)
    book = BOOKS[name]
    assert book.legs(kind, owing) == terms.legs(kind, role)
    assert book.guests(role, opened) == terms.guest_paths(role)
    for leg in terms.legs(kind, role):
        due, term = terms(leg, role, opened + later), book.term(leg, owing)
        assert (term.due_at, term.basis, term.set_by) == (due.due_at, due.basis, due.set_by)


@settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from(sorted(PACKS)),
    subject=st.sampled_from(["incident", "candidate", "event"]),
    flags=st.frozensets(st.sampled_from(FLAGS)),
    at=st.integers(BEGIN, END),
)
def test_two_readings_of_the_routes_agree(
    name: str, subject: str, flags: frozenset[str], at: int
) -> None:
    """The rows that count for an object demand the same roles at the same parties."""
    demands = PACKS[name].at(at).situation(flags, "centre").demands.get(subject, ())
    rows = BOOKS[name].demanded(subject, flags, at)
    assert {(row["role"], tuple(row["parties"]), row.get("of", "object")) for row in rows} == {
        (one.role, one.parties, one.of) for one in demands
    }


@pytest.mark.parametrize("data", [b"[]", b"{}", b"not json", b'{"rows": 1}'])
def test_what_is_no_pack_is_refused(data: bytes) -> None:
    """Bytes that are no law pack raise an error and are never read as an empty one."""
    with pytest.raises(ValueError, match=r"pack|JSON|unexpected|expected|char"):
        LawBook(data)
