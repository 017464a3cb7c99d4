"""Tests of who is told: every row of SPEC 4, every union, and what may never take anyone away."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assess import assess
from pipeline.assess.routing import route
from pipeline.assess.rows import RouteRow
from pipeline.assess.view import demanded
from pipeline.model import Assessment, Labels, Tri
from pipeline.registry import make_registry
from tests.assess.making import ATTEMPT, HARMS, INCIDENT, UNDECIDED, case, kz, labels, plant, world
from tests.registry.making import AT

HOLDER, NCC, SECTORAL = ("holder", "holder"), ("ncc", "ncc"), ("sectoral_centre", "sectoral_centre")
DUTY = ("duty_officer", "duty_officer")
ANY = {HOLDER, NCC}
HOSTED = {("owner", "system-owner"), ("holder", "system-holder")}
GUESTS = {("hosted_owner", "guest-owner"), ("hosted_holder", "guest-holder")}
SERVICE = {("owner", "owner"), ("owner", "system-owner"), ("holder", "system-holder"), HOLDER, NCC}
LISTED = {"sector": "industry", "list_ref": "list, 1", "listed_at": "2025-01-01"}
FLAGS: dict[str, tuple[dict[str, Any], set[tuple[str, str]]]] = {
    "critical": ({"critical": LISTED}, set()),
    "e-government": ({"e_government": {"reason": "1(64)"}}, set()),
    "state-body": ({"state_body": True}, set()),
    "financial": ({"financial_subject": "bank"}, {SECTORAL}),
    "hosted": ({"hosted_on": ["dc"]}, HOSTED),
    "trial": ({"lifecycle": {"stage": "trial", "trial_started_at": "2026-01-01"}}, set()),
}
GUEST = plant(
    id="guest",
    hosted_on=["plant"],
    parties={
        "system": {"owner": "guest-owner", "holder": "guest-holder"},
        "infrastructure": {"owner": "owner", "holder": "holder"},
    },
)


def told(found: Assessment) -> set[tuple[str, str]]:
    """Give who is told, as role and party."""
    return {(leg.role, leg.party_id) for leg in found.route}


@pytest.mark.parametrize(
    ("said", "more", "others", "reporter", "expected", "norm"),
    [
        pytest.param(INCIDENT, {}, [], "centre", ANY, "7-2(1)(2)", id="any"),
        pytest.param(INCIDENT, {"critical": LISTED}, [], "centre", ANY, "17(2-1)(3)",
                     id="critical"),
        pytest.param(INCIDENT, {"critical": LISTED}, [], "centre", ANY, "54(2)(6)",
                     id="critical-own-duty"),
        pytest.param(INCIDENT, {"e_government": {"reason": "x"}}, [], "centre", ANY,
                     "7-4(1)(10)", id="e-government"),
        pytest.param(INCIDENT, {"state_body": True}, [], "centre", ANY, "7-4(1)(7-2)",
                     id="state-body"),
        pytest.param(INCIDENT, {"financial_subject": "bank"}, [], "centre", ANY | {SECTORAL},
                     "7-5(1)(3)", id="financial"),
        pytest.param(INCIDENT, {"hosted_on": ["dc"]}, [], "centre", ANY | HOSTED, "16(6)",
                     id="hosted"),
        pytest.param(INCIDENT, {"hosted_on": ["dc"]}, [], "centre", ANY | HOSTED, "17(3)",
                     id="hosted-holder"),
        pytest.param(INCIDENT, {}, [GUEST], "centre", ANY | GUESTS, "16(6)", id="hosts"),
        pytest.param(INCIDENT, {}, [], "response_service", SERVICE, "7-3(1)(3)",
                     id="response-service"),
        pytest.param(ATTEMPT, {}, [], "response_service", SERVICE, "7-3(1)(3)",
                     id="response-service-threat"),
        pytest.param(INCIDENT, {"lifecycle": {"stage": "trial"}}, [], "centre", ANY, "7-2(1)(2)",
                     id="trial"),
        pytest.param(INCIDENT, {}, [], "holder", ANY, "7-2(1)(2)", id="reported-by-the-holder"),
    ],
)  # fmt: skip
def test_each_row_of_the_routing_table(
    said: Labels, more: dict[str, Any], others: list[Any], reporter: str,
    expected: set[tuple[str, str]], norm: str,
) -> None:  # fmt: skip
    """Each flag, reporter and kind of thing has its recipients and its norm."""
    found = assess(case(said, plant(**more), others, reporter=reporter))
    assert told(found) == expected
    assert any(f"kz-418-V/{norm}" in leg.basis.split("; ") for leg in found.route)
    assert all(leg.set_by == "statute" for leg in found.route)


@pytest.mark.parametrize(
    "names",
    [names for size in range(len(FLAGS) + 1) for names in itertools.combinations(FLAGS, size)],
    ids="+".join,
)
def test_the_route_is_the_union_of_what_each_flag_demands(names: tuple[str, ...]) -> None:
    """All 64 unions of flags tell everyone whom any of them demands, each once."""
    more: dict[str, Any] = {}
    expected = set(ANY)
    for name in names:
        more |= FLAGS[name][0]
        expected |= FLAGS[name][1]
    found = assess(case(INCIDENT, plant(**more)))
    assert told(found) == expected
    assert len(found.route) == len(expected)


USED = sorted(
    {
        flag
        for row in kz().at(AT).of("routes", RouteRow)
        for flag in (*row.when.flags, *row.when.without)
    }
)
REPORTERS = ("centre", "response_service", "holder")


@pytest.mark.parametrize("reporter", REPORTERS)
@pytest.mark.parametrize("subject", ["incident", "candidate", "threat", "event", "advisory"])
def test_every_union_of_every_flag_that_routes_use(subject: str, reporter: str) -> None:
    """All sets of the flags that rows ask for: the route is the union of the rows that fit."""
    view = kz().at(AT)
    rows = [row for row in view.of("routes", RouteRow) if row.subject == subject]
    for size in range(len(USED) + 1):
        for chosen in itertools.combinations(USED, size):
            flags = frozenset(chosen)
            expected = {
                (row.role, source, row.of, norm)
                for row in rows
                if flags.issuperset(row.when.flags) and flags.isdisjoint(row.when.without)
                and (not row.reporters or reporter in row.reporters)
                for source in row.parties for norm in row.basis.split("; ")
            }  # fmt: skip
            demands = view.situation(flags, reporter).demands.get(subject, ())
            found = {
                (one.role, source, one.of, norm)
                for one in demands for source in one.parties for norm in one.basis.split("; ")
            }  # fmt: skip
            assert found == expected
            if subject in ("incident", "candidate", "event"):
                assert found, (subject, chosen, reporter)


@given(
    st.sets(st.sampled_from(sorted(FLAGS))),
    st.sampled_from(sorted(FLAGS)),
    st.sampled_from([INCIDENT, UNDECIDED, ATTEMPT]),
    st.sampled_from(["centre", "response_service", "holder"]),
)
def test_a_further_flag_never_removes_a_recipient(
    names: set[str], added: str, said: Labels, reporter: str
) -> None:
    """Flags only add recipients and grounds."""
    more: dict[str, Any] = {}
    for name in sorted(names):
        more |= FLAGS[name][0]
    before = assess(case(said, plant(**more), reporter=reporter))
    after = assess(case(said, plant(**{**more, **FLAGS[added][0]}), reporter=reporter))
    assert told(before) <= told(after)
    grounds = {(leg.role, leg.party_id): set(leg.basis.split("; ")) for leg in after.route}
    for leg in before.route:
        assert set(leg.basis.split("; ")) <= grounds[leg.role, leg.party_id]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(UNDECIDED, {DUTY}, id="unknown"),
        pytest.param(labels(failure="no", act_copying="yes"), {DUTY}, id="act-without-failure"),
        pytest.param(labels(failure="no"), set(), id="no"),
        pytest.param(ATTEMPT, set(), id="attempt"),
    ],
)
def test_nobody_outside_is_told_of_what_is_no_incident(
    said: Labels, expected: set[tuple[str, str]]
) -> None:
    """A candidate pages the duty officer; the reason says why nobody else is told."""
    found = assess(case(said, plant(financial_subject="bank", critical=LISTED)))
    assert told(found) == expected
    assert "told" in found.reasons["route"]


@pytest.mark.parametrize("said", [labels(functioning_threat="yes"), ATTEMPT])
def test_the_response_service_tells_threats_that_are_no_incidents(said: Labels) -> None:
    """What the response service reports is told to owner, holder and centre, incident or not."""
    found = assess(case(said, reporter="response_service"))
    assert told(found) - {DUTY} == SERVICE


def test_the_response_service_tells_nothing_where_there_is_no_threat() -> None:
    """Where everything is denied there is neither incident nor threat."""
    denied = dict.fromkeys(HARMS, Tri.NO)
    acts = {act.id: Tri.NO for act in kz().at(AT).acts}
    said = Labels(Tri.NO, Tri.NO, denied, acts, reality="real")
    assert told(assess(case(said, reporter="response_service"))) == set()


@pytest.mark.parametrize(
    ("more", "rule", "expected"),
    [
        pytest.param({"restriction": "state_secret"}, "object_secret", {DUTY}, id="secret"),
        pytest.param({"restriction": "unknown"}, "restriction_unknown", ANY | {DUTY},
                     id="restriction-unknown"),
        pytest.param({"attestation": None}, "unattested", ANY | {DUTY}, id="unattested"),
        pytest.param({"attestation": {"attested_open_by": "H", "at": "2025-01-01",
                                      "valid_until": "2025-12-31"}},
                     "attestation_expired", ANY | {DUTY}, id="expired"),
    ],
)  # fmt: skip
def test_the_guard_holds_and_pages(
    more: dict[str, Any], rule: str, expected: set[tuple[str, str]]
) -> None:
    """Held legs stay for a person to release; of a secret object the machine tells nobody."""
    found = assess(case(INCIDENT, plant(**more)))
    assert (found.guard, found.basis["guard"]) == ("hold", rule)
    assert told(found) == expected


@pytest.mark.parametrize(
    ("marked", "suspected", "guard"),
    [
        (None, None, "open"), (Tri.NO, Tri.NO, "open"), (Tri.YES, Tri.NO, "stub"),
        (Tri.NO, Tri.YES, "stub"), (Tri.UNKNOWN, Tri.NO, "stub"),
    ],
)  # fmt: skip
def test_a_mark_makes_a_stub_and_takes_nobody_away(
    marked: Tri | None, suspected: Tri | None, guard: str
) -> None:
    """Who must be told is told, without the content."""
    found = assess(case(INCIDENT, marked=marked, suspected=suspected))
    assert (found.guard, told(found)) == (guard, ANY)


def test_a_withheld_record_sends_the_stub_at_once() -> None:
    """A finding of the fixed class is an incident whose notices carry no content."""
    said = labels(failure="yes", harm_obtain="yes", fixed_class="withheld_record")
    found = assess(case(said))
    assert (found.is_incident, found.guard, told(found)) == (Tri.YES, "stub", ANY)


def test_a_party_that_nobody_registered_keeps_its_leg_and_pages() -> None:
    """A duty does not end with a gap in the registry: the duty officer is told who is missing."""
    held = plant(parties={})
    found = assess(case(INCIDENT, held, registry=make_registry([held])))
    assert told(found) == {("holder", ""), ("ncc", ""), ("duty_officer", "")}
    paged = next(leg for leg in found.route if leg.role == "duty_officer")
    assert paged.reason == "nobody is registered as holder, ncc"


def test_an_object_that_is_not_registered_is_held() -> None:
    """Without a record nothing is known to be open: all is held and the duty officer is paged."""
    made = case(INCIDENT)
    found = assess(case(INCIDENT, registry=made.registry, object=None))
    assert (found.guard, found.basis["guard"]) == ("hold", "unknown_object")
    assert told(found) == {("holder", ""), NCC, DUTY}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param({}, {("store", "operations_centre")}, id="any"),
        pytest.param({"critical": LISTED}, {("store", "operations_centre")}, id="critical"),
        pytest.param({"e_government": {"reason": "x"}},
                     {("store", "operations_centre"), ("read", "ncc")}, id="e-government"),
        pytest.param({"state_body": True},
                     {("store", "operations_centre"), ("stream", "ncc")}, id="state-body"),
        pytest.param({"financial_subject": "bank"},
                     {("store", "operations_centre"), ("stream", "sectoral_centre")},
                     id="financial"),
        pytest.param({"state_body": True, "e_government": {"reason": "x"},
                      "lifecycle": {"stage": "trial"}},
                     {("store", "operations_centre")}, id="trial-postpones-access"),
    ],
)  # fmt: skip
def test_events_go_where_the_table_says(
    more: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    """Events stay in the centre unless a flag streams them or lets them be read."""
    held = plant(**more)
    rows = [row for row in kz().at(AT).rows["routes"] if getattr(row, "subject", "") == "event"]
    situation = kz().at(AT).situation(held.flags(AT), "centre")
    legs = route(situation.demands["event"], held, world(held), AT)
    by_reason = {getattr(row, "reason", ""): getattr(row, "effect", "") for row in rows}
    assert {(by_reason[leg.reason], leg.party_id) for leg in legs} == expected


def test_rows_of_one_role_at_the_same_parties_are_one_demand() -> None:
    """Grounds are joined without repeating one, and the strongest says who set it."""
    rows = [row for row in kz().at(AT).rows["routes"] if getattr(row, "id", "").endswith(".holder")]
    demands = demanded([row for row in rows if getattr(row, "subject", "") == "incident"])  # type: ignore[misc]
    assert len({(one.role, one.parties, one.of) for one in demands}) == len(demands)
    for one in demands:
        assert len(set(one.basis.split("; "))) == len(one.basis.split("; "))
