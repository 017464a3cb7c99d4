"""From a revision to notices: to whom, by which leg, with which content, due when."""

from dataclasses import replace

import orjson
import pytest

from pipeline.model import (
    Assessment,
    Incident,
    IncidentState,
    Leg,
    NoticeState,
    Recipient,
    Tri,
    notice_id,
    to_json,
)
from pipeline.notify import notices_for, told_after
from tests.notify.made import (
    BASE,
    DUTY,
    HOLDER,
    INCIDENT,
    MINUTE,
    NCC,
    OWNER,
    TENANT,
    assessment,
    desk,
    incident,
    registry,
)


def made(after: Incident, before: Incident | None = None) -> list[tuple[str, str, str]]:
    """Give leg, role and state of each notice that a revision owes."""
    owed = notices_for(after, before, registry(), desk())
    return [(one.leg, one.recipient.role, one.state.value) for one in owed]


HOLD = assessment(guard="hold")
STUB = assessment(guard="stub")
NO = assessment(verdict=Tri.NO, route=())
UNKNOWN = assessment(verdict=Tri.UNKNOWN)
MORE = assessment(route=(HOLDER, NCC, OWNER))
PAGED = assessment(verdict=Tri.UNKNOWN, route=(DUTY,))
PAGE = [("first", "duty_officer", "pending")]
CANDIDATE, CLOSED = IncidentState.CANDIDATE, IncidentState.CLOSED
MERGED = IncidentState.MERGED
BOTH_FIRST = [("first", "holder", "pending"), ("first", "ncc", "pending")]
BOTH_UPDATE = [("update", "holder", "pending"), ("update", "ncc", "pending")]
BOTH_BACK = [("correction", "holder", "pending"), ("correction", "ncc", "pending")]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(None, incident(), BOTH_FIRST, id="first revision with yes"),
        pytest.param(None, incident(UNKNOWN, state=CANDIDATE), [], id="candidate"),
        pytest.param(None, incident(NO, state=CANDIDATE), [], id="no incident"),
        pytest.param(None, incident(PAGED, state=CANDIDATE), PAGE, id="candidate pages"),
        pytest.param(
            incident(PAGED, state=CANDIDATE),
            incident(
                replace(PAGED, severity="critical"), state=CANDIDATE, revision=2
            ),
            [],
            id="a candidate pages once",
        ),
        pytest.param(
            incident(PAGED, state=CANDIDATE), incident(revision=2), BOTH_FIRST, id="paged, then yes"
        ),
        pytest.param(
            incident(), incident(PAGED, state=CANDIDATE, revision=2), PAGE + BOTH_BACK,
            id="back to a candidate that pages",
        ),
        pytest.param(
            incident(UNKNOWN, state=CANDIDATE), incident(revision=2), BOTH_FIRST, id="decided yes"
        ),
        pytest.param(
            incident(UNKNOWN, state=CANDIDATE),
            incident(UNKNOWN, state=CANDIDATE, revision=2),
            [],
            id="still a candidate",
        ),
        pytest.param(incident(), incident(revision=2), [], id="a repeat"),
        pytest.param(
            incident(),
            incident(replace(assessment(), rsit="other:other", attack=("T1",)), revision=2),
            [],
            id="what is no material change",
        ),
        pytest.param(
            incident(),
            incident(assessment(severity="critical"), revision=2),
            BOTH_UPDATE,
            id="severity changed",
        ),
        pytest.param(
            incident(),
            incident(assessment(held=("leak", "unauthorised_access")), revision=2),
            BOTH_UPDATE,
            id="another act",
        ),
        pytest.param(
            incident(), incident(MORE, revision=2), [("first", "owner", "pending")], id="one more"
        ),
        pytest.param(
            incident(MORE),
            incident(revision=2),
            [("correction", "owner", "pending")],
            id="one left the route",
        ),
        pytest.param(
            incident(),
            incident(NO, state=CANDIDATE, revision=2),
            BOTH_BACK,
            id="retracted",
        ),
        pytest.param(
            incident(),
            incident(UNKNOWN, state=CANDIDATE, revision=2),
            BOTH_BACK,
            id="undecided again",
        ),
        pytest.param(
            incident(),
            incident(state=MERGED, revision=2, merged_into="b" * 32),
            BOTH_BACK,
            id="merged",
        ),
        pytest.param(
            incident(state=MERGED, merged_into="b" * 32),
            incident(state=MERGED, merged_into="b" * 32, revision=2),
            [],
            id="merged long ago",
        ),
        pytest.param(
            incident(),
            incident(state=CLOSED, revision=2),
            [("final", "holder", "pending"), ("final", "ncc", "pending")],
            id="closed",
        ),
        pytest.param(
            incident(state=CLOSED), incident(revision=2), BOTH_UPDATE, id="opened again"
        ),
        pytest.param(
            incident(NO, state=CANDIDATE), incident(revision=2), BOTH_FIRST, id="yes once more"
        ),
        pytest.param(
            None,
            incident(HOLD),
            [("first", "holder", "held"), ("first", "ncc", "held")],
            id="held",
        ),
        pytest.param(
            None,
            incident(assessment(guard="hold", route=(NCC, DUTY))),
            [("first", "ncc", "held"), ("first", "duty_officer", "pending")],
            id="held, duty officer paged",
        ),
        pytest.param(None, incident(assessment(guard="?")), [
            ("first", "holder", "held"), ("first", "ncc", "held")
        ], id="unknown guard decision is held"),
        pytest.param(incident(HOLD), incident(revision=2), BOTH_FIRST, id="freed"),
        pytest.param(incident(HOLD), incident(HOLD, revision=2), [], id="still held"),
        pytest.param(incident(STUB), incident(revision=2), BOTH_UPDATE, id="details freed"),
        pytest.param(incident(), incident(STUB, revision=2), [], id="guard tightened"),
        pytest.param(
            incident(HOLD),
            incident(NO, state=CANDIDATE, revision=2),
            [],
            id="whoever was held back hears of no correction",
        ),
    ],
)  # fmt: skip
def test_a_revision_owes_these_legs(
    before: Incident | None, after: Incident, expected: list[tuple[str, str, str]]
) -> None:
    """What a revision owes follows from it and the one before alone, once per material change."""
    assert made(after, before) == expected


HELD_UPDATE = [("update", "holder", "held"), ("update", "ncc", "held")]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param(
            [assessment(), HOLD, assessment()], [BOTH_FIRST, [], BOTH_UPDATE], id="held between"
        ),
        pytest.param(
            [assessment(), HOLD, HOLD, STUB], [BOTH_FIRST, [], [], []], id="nothing new was held"
        ),
        pytest.param(
            [assessment(), replace(HOLD, severity="low"), replace(STUB, severity="low")],
            [BOTH_FIRST, HELD_UPDATE, BOTH_UPDATE],
            id="news was held and is freed as a stub",
        ),
        pytest.param(
            [HOLD, HOLD, assessment(), HOLD, assessment()],
            [[("first", "holder", "held"), ("first", "ncc", "held")], [], BOTH_FIRST, [],
             BOTH_UPDATE],
            id="told at last, then held again",
        ),
        pytest.param(
            [assessment(), HOLD, NO, assessment()],
            [BOTH_FIRST, [], BOTH_BACK, BOTH_FIRST],
            id="corrected, then first again",
        ),
    ],
)  # fmt: skip
def test_a_first_notice_stays_the_only_one(
    steps: list[Assessment], expected: list[list[tuple[str, str, str]]]
) -> None:
    """Who was told is updated when the guard frees what it held, and never told first again."""
    found: list[list[tuple[str, str, str]]] = []
    before: Incident | None = None
    told: dict[Recipient, bool] = {}
    for number, one in enumerate(steps, 1):
        after = incident(one, revision=number)
        owed = notices_for(after, before, registry(), desk(), told)
        found.append([(made.leg, made.recipient.role, made.state.value) for made in owed])
        told, before = told_after(after, before, told), after
    assert found == expected


def test_a_flood_of_repeats_makes_no_storm() -> None:
    """A thousand revisions that only count make no notice beyond the first two."""
    history = [incident(revision=number) for number in range(1, 1001)]
    pairs = zip([None, *history], history, strict=False)
    owed = [
        one for before, after in pairs for one in notices_for(after, before, registry(), desk())
    ]
    assert [one.leg for one in owed] == ["first", "first"]


def test_ids_are_deterministic_and_their_own() -> None:
    """An id is that of subject, leg, ordinal and recipient; a second look gives the same bytes."""
    once = notices_for(incident(), None, registry(), desk())
    again = notices_for(incident(), None, registry(), desk())
    assert [to_json(one) for one in once] == [to_json(one) for one in again]
    assert once[0].id == notice_id(INCIDENT, "first", 1, Recipient("holder", "energo"))
    assert len({one.id for one in once}) == 2


def test_each_telling_has_its_own_id() -> None:
    """First, correction and first again after a change of mind are three notices."""
    no = incident(NO, state=CANDIDATE, revision=2)
    steps = [(incident(), None), (no, incident()), (incident(revision=3), no)]
    ids = [notices_for(after, before, registry(), desk())[0].id for after, before in steps]
    assert len(set(ids)) == 3


def test_one_party_with_two_grounds_is_told_once() -> None:
    """Two legs to one role and party become one notice with both grounds."""
    second = Leg("ncc", "ncc", "kz-418-V/7-4(1)(10)", "policy", "e-government")
    [only] = notices_for(incident(assessment(route=(NCC, second, NCC))), None, registry(), desk())
    assert only.payload["legal_basis"] == "kz-418-V/7-2(1)(2); kz-418-V/7-4(1)(10)"


def test_terms_come_from_the_pack() -> None:
    """Due time, basis and author are the term row's, run from the opening, then the revision."""
    first = notices_for(incident(opened_at=BASE - MINUTE), None, registry(), desk())[0]
    later = incident(assessment(severity="critical"), revision=3)
    update = notices_for(later, incident(revision=2), registry(), desk())[0]
    assert (first.due_at, first.basis) == (BASE + 14 * MINUTE, "policy/first/holder")
    assert (update.due_at, update.set_by) == (BASE + 1442 * MINUTE, "policy")


@pytest.mark.parametrize(
    ("leg", "channel", "language"),
    [
        pytest.param(NCC, "ncc", "kk", id="a role's own line"),
        pytest.param(HOLDER, "folder", "ru", id="no wish"),
        pytest.param(TENANT, "email", "en", id="a wish; another's line is passed over"),
        pytest.param(Leg("holder", "nobody", "b", "policy", ""), "folder", "kk", id="unknown"),
    ],
)
def test_channel_and_language(leg: Leg, channel: str, language: str) -> None:
    """A recipient is reached by its role's line or its own wish, in its own language first."""
    [one] = notices_for(incident(assessment(route=(leg,))), None, registry(), desk())
    assert (one.channel, one.language) == (channel, language)
    assert one.payload["text"][0]["language"] == language


def test_evidence_never_enters_a_payload() -> None:
    """Neither users nor addresses nor reasons nor the fold key are in what leaves."""
    judged = assessment(route=(HOLDER, NCC, OWNER, TENANT, DUTY), reasons={"x": "aigul"})
    for one in notices_for(incident(judged), None, registry(), desk()):
        said = orjson.dumps(one.payload).decode()
        assert not [word for word in ("aigul", "10.1.2.3", "matched", "corp.kz") if word in said]


def test_a_guest_sees_its_own_object_only() -> None:
    """Who has something hosted is told by its own object's code; the host is not named."""
    [one] = notices_for(incident(assessment(route=(TENANT,))), None, registry(), desk())
    said = orjson.dumps(one.payload).decode()
    assert one.payload["object"] == "KZ-WEB-7"
    assert "KZ-EN-1" not in said
    assert "station" not in said


def test_a_stub_has_six_keys_and_no_words() -> None:
    """Under a stub decision exactly the allowed keys leave, with no reason and no text."""
    [one, _] = notices_for(incident(STUB), None, registry(), desk())
    assert one.payload == {
        "incident_id": INCIDENT,
        "object": "KZ-EN-1",
        "class": {
            "acts": ["unauthorised_access"],
            "rsit": "intrusions:privileged-account-compromise",
        },
        "time": "2026-03-02T03:58:00Z",
        "severity": "high",
        "details_available": False,
    }


def test_details_outside_the_schema_leave_as_a_stub() -> None:
    """A name that does not fit the closed schema costs the details, never the notice."""
    judged = replace(assessment(), occurrence="seen by aigul at her desk")
    [one, _] = notices_for(incident(judged), None, registry(), desk())
    assert one.payload["details_available"] is False
    assert one.guard.decision == "stub"
    assert "occurrence" in one.guard.rule
    assert one.state is NoticeState.PENDING


def test_not_even_a_stub_is_held() -> None:
    """Where not even the stub fits its schema, nothing leaves and a person must look."""
    judged = replace(assessment(), severity="as bad as it gets, says aigul")
    [one, _] = notices_for(incident(judged), None, registry(), desk())
    assert (one.state, one.payload) == (NoticeState.HELD, {})


@pytest.mark.parametrize(
    ("after", "outcome", "continues"),
    [
        (incident(NO, state=CANDIDATE, revision=2), "no_incident", None),
        (incident(UNKNOWN, state=CANDIDATE, revision=2), "undecided", None),
        (incident(state=MERGED, revision=2, merged_into="b" * 32), "merged", "b" * 32),
        (incident(assessment(route=(NCC,)), revision=2), "not_concerned", None),
    ],
    ids=["no incident", "undecided", "merged", "not concerned"],
)
def test_a_correction_says_what_became_of_it(
    after: Incident, outcome: str, continues: str | None
) -> None:
    """A correction names the outcome, and for a merged incident where it continues."""
    [one, *_] = notices_for(after, incident(), registry(), desk())
    assert (one.payload["outcome"], one.payload["continues_as"]) == (outcome, continues)
    assert set(one.payload) >= {"text", "centre", "legal_basis", "class", "occurred"}


def test_a_candidate_asks_for_a_decision() -> None:
    """The duty officer's page on a candidate says that a person must decide, limb by limb."""
    [one] = notices_for(incident(PAGED, state=CANDIDATE), None, registry(), desk())
    said = {text["language"]: text["subject"] for text in one.payload["text"]}
    assert said["ru"] == "Требуется решение, возможный инцидент: объект KZ-EN-1"
    assert one.payload["predicate"]["functioning_threat"] == "unknown"


def test_a_leg_to_nobody_is_held() -> None:
    """Where the registry names nobody the notice is held and says so; the NCC has its own line."""
    nobody = assessment(route=(Leg("holder", "", "b", "statute", ""), Leg("ncc", "", "b", "s", "")))
    holder, ncc = notices_for(incident(nobody), None, registry(), desk())
    assert (holder.state, holder.last_error) == (
        NoticeState.HELD,
        "the registry names nobody as holder",
    )
    assert ncc.state is NoticeState.PENDING
