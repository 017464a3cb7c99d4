"""Case files: an incident written down by hand, judged as the pipeline would judge it.

YAML or JSON: ``at``, ``regime``, ``reporter``, ``objects`` and ``parties`` (registry records),
``facts`` of one object or a list of them, or ``findings`` with labels. What is absent is unknown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Annotated, Any, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from pipeline.assess.answers import Answer, Answers
from pipeline.assess.assessment import Case
from pipeline.assess.labels import labels_for
from pipeline.assess.pack import Pack
from pipeline.assess.rows import CENTRE, ReporterRow
from pipeline.assess.view import InForce
from pipeline.documents import Document, problems_of
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import Finding, Labels, RuleRef, Tri
from pipeline.registry import ObjectRecord, Party, Registry, make_registry
from pipeline.registry.moments import LATEST, Begin, ZoneName, zone_named

_FACTS = RuleRef("facts", "the facts of the case", "", "")
_WITHHELD = ("saqshy", "detector", "saqshy.withheld-record")


def _listed(value: Any) -> Any:
    return [] if value is None else value if isinstance(value, list) else [value]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Secrecy(_Strict):
    """Whether a record behind the case carries a secrecy mark, or may carry one."""

    marked: Answer = Tri.UNKNOWN
    suspected: Answer = Tri.UNKNOWN


class Facts(_Strict):
    """What is known of one incident on one object; the object of the file where it has just one."""

    object: str = ""
    failure: Answer = Tri.UNKNOWN
    functioning_threat: Answer = Tri.UNKNOWN
    harms: Answers = {}
    acts: Answers = {}
    intent: str = "unknown"
    origin: str = "unknown"
    reality: str = "unknown"
    rsit: str = ""
    attack: tuple[str, ...] = ()
    occurrences: Annotated[int, Field(ge=1)] = 1
    secrecy: Secrecy = Secrecy()


class GivenLabels(_Strict):
    """Labels of a finding as the pipeline writes them."""

    failure: Answer = Tri.UNKNOWN
    functioning_threat: Answer = Tri.UNKNOWN
    harms: Answers = {}
    acts: Answers = {}
    intent: str = "unknown"
    origin: str = "unknown"
    reality: str = "unknown"
    attack: tuple[str, ...] = ()
    rsit: str = ""
    reason: str = ""
    fixed_class: str = ""


class GivenRule(_Strict):
    """The rule of a finding."""

    id: str = "finding"
    title: str = "a finding of the case"
    level: str = ""
    hash: str = ""


class GivenFinding(_Strict):
    """A finding as ``saqshy replay`` writes it; labels alone suffice."""

    labels: GivenLabels
    object_id: str = ""
    id: str = ""
    revision: int = 1
    kind: str = "rule"
    rule: GivenRule = GivenRule()
    first_event_at: Begin | None = None
    last_event_at: Begin | None = None
    event_ids: tuple[str, ...] = ()
    event_count: Annotated[int, Field(ge=0)] = 1
    group: dict[str, str] = {}
    fields: dict[str, Any] = {}
    trial: bool = False
    retracted: bool = False
    merged_into: str = ""


class CaseFile(_Strict):
    """The whole file."""

    at: Begin
    regime: str = "normal"
    reporter: str = CENTRE
    zone: ZoneName | None = None
    objects: tuple[ObjectRecord, ...] = ()
    parties: tuple[Party, ...] = ()
    facts: Annotated[tuple[Facts, ...], BeforeValidator(_listed)] = ()
    findings: tuple[GivenFinding, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedCase:
    """One object's case."""

    object_id: str
    case: Case


def read_cases(document: Document, pack: Pack, known: Registry | None = None) -> list[NamedCase]:
    """Read the cases of a file, one for each object that facts or findings name.

    Objects, parties and roles of the file stand before those of ``known``. ConfigurationError with
    every problem at its line.
    """
    data = document.data if isinstance(document.data, dict) else {}
    context = {"zone": _zone(data, pack)}
    problems: list[Problem] = []
    file = None
    try:
        file = CaseFile.model_validate(document.data, context=context)
    except ValidationError as error:
        problems += problems_of(error, document, CaseFile)
    problems += _problems(data, document, pack.at(file.at if file else _at(data, context)))
    if problems or file is None:
        raise ConfigurationError(sorted(problems, key=lambda one: one.line))
    registry = _registry(file, known)
    cases = [_from_facts(facts, file, pack, registry) for facts in file.facts]
    by_object: dict[str, list[Finding]] = {}
    for number, given in enumerate(file.findings):
        finding = _finding(given, number, file)
        by_object.setdefault(finding.object_id, []).append(finding)
    cases += [
        NamedCase(object_id, _case(file, pack, registry, object_id, findings))
        for object_id, findings in by_object.items()
    ]
    return cases


def _zone(data: dict[str, Any], pack: Pack) -> tzinfo:
    try:
        return zone_named(str(data.get("zone") or pack.head.zone))
    except ValueError:
        return zone_named(pack.head.zone)


def _registry(file: CaseFile, known: Registry | None) -> Registry:
    own = {record.id for record in file.objects}
    parties = {party.id for party in file.parties}
    objects: list[ObjectRecord] = list(file.objects)
    people: list[Party] = list(file.parties)
    if known is not None:
        for history in known.histories.values():
            objects += [record for record in history.records if record.id not in own]
        roles = {role for party in file.parties for role in party.roles}
        people += [
            party
            for party in known.parties.values()
            if party.id not in parties and roles.isdisjoint(party.roles)
        ]
    return make_registry(objects, people, known.marks if known else None)


_AT: TypeAdapter[int] = TypeAdapter(Begin)


def _at(data: dict[str, Any], context: dict[str, tzinfo]) -> int:
    """Give the time of a file that is wrong elsewhere, so that its other mistakes are told too."""
    try:
        return _AT.validate_python(data.get("at"), context=context)
    except ValidationError:
        return LATEST - 1


def _problems(data: dict[str, Any], document: Document, view: InForce) -> Iterator[Problem]:
    """Give what is wrong against the pack; read from plain data, which may be wrong otherwise."""
    facts, findings = _parts(data.get("facts")), _parts(data.get("findings"))
    if not facts and not findings:
        yield document.problem((), "holds neither facts nor findings", "add facts")
    objects = _parts(data.get("objects"))
    if len({one.get("id") for one in objects}) != 1:
        for key, parts, name in (("facts", facts, "object"), ("findings", findings, "object_id")):
            if not all(one.get(name) for one in parts):
                message = f"{key}: which object it is about is missing"
                yield document.problem((key,), message, "name it")
    reporters = {CENTRE, *(row.id for row in view.of("reporters", ReporterRow))}
    for key, known in (("regime", set(view.regimes)), ("reporter", reporters)):
        value = data.get(key)
        if isinstance(value, str) and known and value not in known:
            way_out = f"known: {', '.join(sorted(known))}"
            yield document.problem((key,), f"{key}: nothing is named {value!r}", way_out)
    listed = isinstance(data.get("facts"), list)
    for index, one in enumerate(facts):
        yield from _named(one, document, ("facts", index) if listed else ("facts",), view)
    for index, one in enumerate(findings):
        labels = one.get("labels")
        if isinstance(labels, dict):
            yield from _named(labels, document, ("findings", index, "labels"), view)


def _parts(value: Any) -> list[dict[str, Any]]:
    return [one for one in _listed(value) if isinstance(one, dict)]


def _named(
    given: dict[str, Any], document: Document, place: tuple[str | int, ...], view: InForce
) -> Iterator[Problem]:
    """Give harms, acts and attributes that the pack does not have."""
    for key in ("harms", "acts"):
        names = {name[len(key) + 1 :] for name in view.label_keys if name.startswith(f"{key}.")}
        held = given.get(key)
        for name in held if isinstance(held, dict | list) else ():
            if names and name not in names:
                way_out = f"known: {', '.join(sorted(names))}"
                where = (*place, key, str(name))
                yield document.problem(where, f"{key}: nothing is named {name!r}", way_out)
    for attribute, row in view.attributes.items():
        value = given.get(attribute, row.values[0])
        if isinstance(value, str) and value not in row.values:
            way_out = f"known: {', '.join(row.values)}"
            yield document.problem((*place, attribute), f"{attribute} cannot be {value!r}", way_out)


def _from_facts(facts: Facts, file: CaseFile, pack: Pack, registry: Registry) -> NamedCase:
    labels = Labels(
        failure=facts.failure,
        functioning_threat=facts.functioning_threat,
        harms=dict(facts.harms),
        acts=dict(facts.acts),
        intent=facts.intent,
        origin=facts.origin,
        reality=facts.reality,
        attack=facts.attack,
        rsit=facts.rsit,
        reason="facts of the case",
    )
    if Tri.YES in (facts.secrecy.marked, facts.secrecy.suspected):
        labels = _filled(labels, labels_for(pack, (), *_WITHHELD, at=file.at))
    object_id = facts.object or file.objects[0].id
    finding = Finding(
        id=f"facts:{object_id}",
        revision=1,
        kind="detector",
        rule=_FACTS,
        object_id=object_id,
        first_event_at=file.at,
        last_event_at=file.at,
        event_ids=(),
        event_count=facts.occurrences,
        group={},
        labels=labels,
        fields={},
    )
    case = _case(file, pack, registry, object_id, [finding])
    secrecy = facts.secrecy
    case = replace(case, marked=secrecy.marked, suspected=secrecy.suspected)
    return NamedCase(object_id, case)


def _filled(labels: Labels, withheld: Labels) -> Labels:
    """Let the pack's row for a marked record answer what the facts leave unknown."""
    return replace(
        labels,
        failure=withheld.failure if labels.failure is Tri.UNKNOWN else labels.failure,
        harms={**withheld.harms, **labels.harms},
        acts={**withheld.acts, **labels.acts},
        rsit=labels.rsit or withheld.rsit,
        reason=f"{labels.reason}; {withheld.reason}",
        fixed_class=withheld.fixed_class,
    )


def _finding(given: GivenFinding, number: int, file: CaseFile) -> Finding:
    first = file.at if given.first_event_at is None else given.first_event_at
    last = first if given.last_event_at is None else given.last_event_at
    labels = cast("dict[str, Any]", dict(given.labels))
    return Finding(
        id=given.id or f"finding:{number}",
        revision=given.revision,
        kind=given.kind,
        rule=RuleRef(**dict(given.rule)),
        object_id=given.object_id or file.objects[0].id,
        first_event_at=first,
        last_event_at=last,
        event_ids=given.event_ids,
        event_count=given.event_count,
        group=given.group,
        labels=Labels(**labels),
        fields=given.fields,
        trial=given.trial,
        retracted=given.retracted,
        merged_into=given.merged_into,
    )


def _case(
    file: CaseFile, pack: Pack, registry: Registry, object_id: str, findings: Sequence[Finding]
) -> Case:
    return Case(
        findings=tuple(findings),
        object=registry.object(object_id, file.at),
        registry=registry,
        pack=pack,
        regime=file.regime,
        reporter=file.reporter,
        at=file.at,
    )
