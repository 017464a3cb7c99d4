"""A small centre in memory for the tests of access and of what is served: two owners, all flags.

Every object bears one incident, with a finding, notices, audit entries, an event and a failure, so
that each kind has a row of each object. What the desk answers beside rows (why, statistics,
compliance, verification, versions) is answered as it is when it runs, by the bundled law pack.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from connectors.stores.memory import open_memory
from connectors.stores.memory_search import MemorySearch
from pipeline.access import Access, Factor, Policy, Role, Viewer, load_policy
from pipeline.assess import Pack, load_pack
from pipeline.incidents.audit import Draft, link
from pipeline.model import (
    Command,
    GuardDecision,
    IncidentState,
    Instant,
    Json,
    Labels,
    Leg,
    Notice,
    NoticeState,
    Receipt,
    Recipient,
    Tri,
)
from pipeline.model.incident import Link
from pipeline.ports import Stores
from pipeline.ports.searching import Search
from pipeline.registry import ObjectRecord, Party, Registry, make_registry
from pipeline.runtime.web_answers import StoreAnswers
from pipeline.settings import Settings
from pipeline.web.asked import Means
from pipeline.web.desk import Desk
from pipeline.web.recorded import Recorded
from tests.connectors.stores import nouns
from tests.connectors.stores.nouns import at

ROOT = Path(__file__).parents[2]
POLICY = ROOT / "rules" / "access" / "policy.yml"
ADMINISTRATION = "administration"  # the chain that is no object's
NOW = at(1_000)
HOSTILE = "=cmd|'/C calc'!A0 <script>alert(1)</script> \u202e\x1b[31m {{7*7}}"
GROUND = "order of inspection 7 of 1 March"

FLAGS: Mapping[str, Mapping[str, Any]] = {
    "plain": {},
    "other": {"holder": "party-b"},
    "egov": {"e_government": {"reason": "a state service"}, "lifecycle": {"stage": "industrial"}},
    "trial": {
        "e_government": {"reason": "a state service"},
        "lifecycle": {"stage": "trial", "trial_started_at": at(0)},
    },
    "state": {"state_body": True},
    "bank": {"financial_subject": "bank", "sector": "banking"},
    "critical": {
        "critical": {"sector": "electricity", "list_ref": "list 1", "listed_at": at(-100)}
    },
    "stub": {},
    "hold": {},
    "odd": {},
    "lapsed": {"until": at(500)},
    "unattested": {"attested": False},
    "candidate": {},
    "backthen": {},
}
"""Objects by what is special about them; party-a owns each whose name says nothing else."""
GUARDS = {"stub": "stub", "hold": "hold", "odd": "unheard-of"}
NUMBERS = {name: number for number, name in enumerate(FLAGS, 1)}


def incident_of(name: str) -> str:
    """Give the id of an object's incident."""
    return f"{NUMBERS[name]:032x}"


def record_of(name: str) -> ObjectRecord:
    """Make an object's record."""
    said = dict(FLAGS[name])
    attested, until = said.pop("attested", True), said.pop("until", at(10**9))
    holder = said.pop("holder", "party-a")
    document: Json = {
        "id": name,
        "code": f"OBJ-{name.upper()}",
        "restriction": "none",
        "parties": {"infrastructure": {"owner": holder, "holder": holder}},
        **said,
    }
    if attested:
        document["attestation"] = {
            "attested_open_by": "the head", "at": at(-1_000), "valid_until": until,
        }  # fmt: skip
    return ObjectRecord.model_validate(document, context={"bundle": True})


def registry_of_all() -> Registry:
    """Make the registry."""
    named = {"kk": "т", "ru": "т", "en": "t"}
    parties = [
        Party.model_validate({"id": one, "names": named, "roles": roles})
        for one, roles in (("party-a", ["owner"]), ("party-b", ["owner"]), ("ncc", ["ncc"]))
    ]
    return make_registry(map(record_of, FLAGS), parties)


@cache
def bundled_pack() -> tuple[Pack, bytes]:
    """Read the law pack, and write its bundle; once."""
    pack = load_pack(Settings(registry=()).law.pack)
    return pack, pack.bundle()


@cache
def _bundled_registry() -> tuple[str, bytes]:
    registry = registry_of_all()
    return registry.revision, registry.bundle()


def _in_force(stores: Stores) -> None:
    """Keep registry and pack, and tell since when they are in force."""
    pack, data = bundled_pack()
    revision, records = _bundled_registry()
    stores.content.put_bundle("pack", pack.revision, data)
    stores.content.put_bundle("registry", revision, records)
    head = None
    for kind, subject in (("content", "c1"), ("registry", revision), ("pack", pack.revision)):
        draft = Draft(
            chain=ADMINISTRATION, entry_id=f"in-force-{kind}", kind=f"{kind}_in_force",
            subject=subject, at=at(0), actor="duty_lead/b.serik",
            detail={"before": "", "way": "start", "reason": ""},
        )  # fmt: skip
        head = link(head, draft)
        stores.audit.append([head])


def _incident(name: str, secret: str) -> Any:
    number = NUMBERS[name]
    seen = replace(
        nouns.assessment(),
        guard=GUARDS.get(name, "open"),
        route=(
            Leg("ncc", "ncc", "kz-418-V/7-2(1)(2)", "statute", f"evidence {HOSTILE}"),
            Leg("holder", "party-a", "kz-418-V/7-2(1)(2)", "statute", "its own"),
            *((Leg("sectoral_centre", "fin", "b", "statute", "r"),) if name == "bank" else ()),
        ),
        reasons={"severity": f"{secret}-reason-{name}"},
        versions={
            "pack": bundled_pack()[0].revision,
            "registry": _bundled_registry()[0],
            "regime": "normal",
        },
    )
    state = IncidentState.NEW
    if name == "candidate":
        seen, state = replace(seen, is_incident=Tri.UNKNOWN), IncidentState.CANDIDATE
    if name == "backthen":
        seen, state = replace(seen, is_incident=Tri.NO), IncidentState.CLOSED
    links = (
        Link("related", incident_of("candidate"), "candidate"),
        Link("related", incident_of("other"), "other"),
        Link("related", incident_of("critical"), "critical"),
        Link("campaign", "c" * 32, ""),
    )
    return nouns.incident(
        number,
        id=incident_of(name), object_id=name, assessment=seen, state=state,
        opened_at=at(number), finding_ids=(f"finding-{name}",), fold_key=f"{secret}-fold-{name}",
        reason=f"{secret}-words-{name}", actor="analyst/a.serik", links=links,
        entry={"text": f"{secret}-note-{name} {HOSTILE}"}, closing_verdict="",
    )  # fmt: skip


def _fin(name: str) -> list[tuple[str, str]]:
    return [("sectoral_centre", "fin")] if name == "bank" else []


def _notices(name: str, secret: str) -> list[Notice]:
    number, made = NUMBERS[name], list[Notice]()
    if name == "candidate":
        return made  # nobody outside is told of one
    for place, (role, party) in enumerate(
        (("ncc", "ncc"), ("holder", "party-b" if name == "other" else "party-a"), *_fin(name))
    ):
        notice = nouns.notice(
            number * 10 + place,
            id=f"notice-{name}-{role}", incident_id=incident_of(name), object_id=name,
            recipient=Recipient(role, party), kind="first",
            guard=GuardDecision(GUARDS.get(name, "open"), "rule"),
            state=NoticeState.HELD if name == "hold" else NoticeState.ACKNOWLEDGED,
            payload={"told": f"letter-{name}"}, last_error=f"{secret}-error-{name}",
            receipt=Receipt(f"notice-{name}-{role}", party, at(number), {"jws": "x"}),
        )  # fmt: skip
        made.append(notice)
    if name == "backthen":
        made.append(replace(made[0], id="correction", leg="correction", kind="correction"))
    return made


def _fill(stores: Stores, skip: Collection[str], altered: Collection[str]) -> None:
    for name, number in NUMBERS.items():
        if name in skip:
            continue
        secret = "altered" if name in altered else "secret"
        batch = nouns.batch(number, object_id=name, received_at=at(number))
        event = nouns.event(
            batch, 0, at(number),
            ecs={
                "event": {"code": "4625", "dataset": "windows.security"},
                "user": {"name": f"{secret}-user-{name}"},
                "source": {"ip": "192.0.2.7"},
                "message": f"{secret}-message-{name} {HOSTILE}",
            },
            native={"Account": f"{secret}-native-{name}"},
        )  # fmt: skip
        stores.events.add(batch, [event])
        fixed = "withheld" if name == "stub" else ""
        finding = nouns.finding(
            number, id=f"finding-{name}", object_id=name, labels=Labels(fixed_class=fixed),
            group={"user.name": f"{secret}-group-{name}"}, fields={"a": f"{secret}-field-{name}"},
            first_event_at=at(number),
        )  # fmt: skip
        stores.incidents.put_findings([finding])
        stores.incidents.put_incidents([_incident(name, secret)])
        stores.outbox.put(_notices(name, secret))
        stores.dead_letters.put(
            [nouns.failure(number, object_id=name, detail=f"{secret}-detail-{name}")]
        )
        told = Draft(
            chain=name, entry_id=f"entry-{name}", kind="incident", subject=incident_of(name),
            at=at(number), actor="saqshy", detail={"reason": f"{secret}-audit-{name}"},
        )  # fmt: skip
        stores.audit.append([link(None, told)])


@dataclass
class Centre:
    """The centre: its desk, what was left for it, and its clock."""

    desk: Desk
    stores: Stores
    policy: Policy
    registry: Registry
    left: list[Command] = field(default_factory=list)
    keys: dict[str, Command] = field(default_factory=dict)
    now: Instant = NOW

    def clock(self) -> Instant:
        """Give the time."""
        return self.now


def centre(
    policy: Policy | None = None,
    skip: Collection[str] = (),
    altered: Collection[str] = (),
    over: tuple[Stores, Search] | None = None,
) -> Centre:
    """Make the centre; without the rows of some objects, with other words in those of others.

    ``over`` gives stores to be filled, and how they are asked, instead of memory.
    """
    stores, registry = over[0] if over else open_memory(), registry_of_all()
    search = over[1] if over else MemorySearch(stores)
    _in_force(stores)
    _fill(stores, skip, altered)
    table = policy or load_policy(POLICY)
    access = Access(table, registry)
    made = Centre.__new__(Centre)

    def leave(command: Command, key: str) -> Command:
        return made.keys.setdefault(key or command.id, command)

    answers = StoreAnswers(stores, search, Settings(registry=()), lambda: made.now)
    means = Means(
        leave=leave,
        check=lambda command: ["no reason"] if len(command.reason) < 10 else [],
        why=answers.why,
        statistics=answers.statistics,
        compliance=answers.compliance,
        verify=answers.verify,
        versions=answers.versions,
        clock=lambda: made.now,
    )
    recorded = Recorded(lambda command: made.left.append(command), table.live)  # noqa: PLW0108 (made later)
    desk = Desk(search, lambda: access, recorded, means)
    made.__init__(desk, stores, table, registry)  # type: ignore[misc]
    return made


def viewer(role: Role, **more: Any) -> Viewer:
    """Make somebody of a role, with several factors, for party-a, on a ground."""
    given: dict[str, Any] = {
        "subject": f"a.{role.value}",
        "role": role,
        "parties": frozenset({"party-a"}) if role is Role.OWNER else frozenset(),
        "factors": frozenset({Factor.PASSWORD, Factor.ONE_TIME}),
        "multi_factor": True,
        "session": f"session-{role.value}",
        "basis": GROUND if role in (Role.REGULATOR, Role.PROSECUTOR) else "",
        "language": "en",
    }
    return Viewer(**{**given, **more})


def objects_in(rows: Sequence[Json], place: str = "object_id") -> set[str]:
    """Give the objects that rows are of."""
    return {
        row["saqshy"]["object_id"] if place.startswith("saqshy") else row[place] for row in rows
    }
