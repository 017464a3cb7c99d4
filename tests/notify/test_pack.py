"""Notices against the bundled law pack and registry: what they name, notices can say."""

from functools import cache
from itertools import chain
from pathlib import Path

from connectors.sinks.letter import letter
from pipeline.assess import Case, CentreTerms, Pack, assess, load_pack
from pipeline.model import Finding, Incident, IncidentState, Labels, Notice, RuleRef, Tri
from pipeline.notify import Channels, Composer, Desk, Letter, notices_for
from pipeline.notify.payload import HostedFact, Known, Stub, payload_model
from pipeline.registry import Registry, load_registry
from tests.notify.made import BASE, INCIDENT, words

RULES = Path(__file__).parents[2] / "rules"


@cache
def pack() -> Pack:
    return load_pack(RULES / "law" / "kz")


@cache
def registry() -> Registry:
    return load_registry([RULES / "objects"])


def notices(object_id: str) -> list[Notice]:
    """Give the notices of a break-in at an object of the example registry."""
    at = BASE + 300 * 86_400_000_000_000
    yes = Labels(
        failure=Tri.YES,
        functioning_threat=Tri.YES,
        harms={"obtain": Tri.YES},
        acts={"unauthorised_access": Tri.YES},
        reality="real",
        rsit="intrusions.privileged-account-compromise",
    )
    rule = RuleRef("r1", "Break-in", "high", "h")
    found = Finding(
        "f1", 1, "rule", rule, object_id, at, at, ("e1",), 1, {"user": "aigul"}, yes, {}
    )
    record = registry().object(object_id, at)
    case = Case([found], record, registry(), pack(), "normal", "centre", at)
    incident = Incident(
        INCIDENT, 1, object_id, "k", IncidentState.NEW, at, at, at, at, 1, ("f1",), assess(case)
    )
    channels = Channels({"ncc": "ncc"})
    desk = _desk(channels, CentreTerms(pack(), at))
    return notices_for(incident, None, registry(), desk)


def _desk(channels: Channels, terms: CentreTerms) -> Desk:
    return Desk(Composer("OCIB", words()), channels, terms, terms.legs, terms.guest_paths)


def test_every_object_of_the_example_is_told_of() -> None:
    """An incident at any example object makes notices whose letters every receiver can read."""
    made = {name: notices(name) for name in registry().histories}
    assert all(made.values())
    for one in chain.from_iterable(made.values()):
        content = Letter.model_validate_json(letter(one)).content
        assert isinstance(content, Known | Stub)
        assert content.severity in ("none", "low", "medium", "high", "critical")
        assert one.guard.decision == "hold" or one.payload["details_available"]
        assert one.due_at >= one.created_at
        assert one.basis


def test_the_example_routes_differ() -> None:
    """Objects of different flags are told of to different sets of recipients."""
    told = {
        tuple(sorted({one.recipient.role for one in notices(name)}))
        for name in registry().histories
    }
    assert len(told) >= 3


def test_every_word_of_the_pack_is_in_the_catalogs() -> None:
    """Acts and severities that the pack names have their words in all three languages."""
    view = pack().at(BASE + 300 * 86_400_000_000_000)
    named = {("act", row.id) for row in view.acts}
    named |= {("severity", row.severity) for row in view.levels.values()}
    assert [named - set(known) for known in words().messages.values()] == [set()] * 3


def test_who_is_told_of_what_is_hosted_gets_the_poorest_schema() -> None:
    """Which roles these are follows from the pack's routes; a role that it does not know is one."""
    terms = CentreTerms(pack(), BASE + 300 * 86_400_000_000_000)
    roles = [*(row.id for row in pack().rows["roles"]), "visitor"]
    models = {role: payload_model("first", terms.guest_paths(role)) for role in roles}
    poorest = {role for role, model in models.items() if model is HostedFact}
    assert poorest == {"hosted_owner", "hosted_holder", "visitor"}
