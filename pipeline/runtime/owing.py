"""One object's record to the duties that the fold watches: what is late, absent or declared amiss.

Terms are those of the registry's countdowns (``pipeline/registry/duties.py``): the object's papers,
a by-law that was entered, or the operator's policy. What is unknown owes nothing here; the
compliance countdowns show it as unknown.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.correlate.duties_watch import DUTY_DETECTORS, Owed
from pipeline.registry import DutyRow, ObjectRecord, Registry, Standing, duties, rows_with, standing
from pipeline.registry.moments import LATEST
from pipeline.runtime.borders import HOME, bound_by
from pipeline.runtime.spans import Spans

BACKUP = "backup"
_ACCESS_LOG = "access_log"


@dataclass(frozen=True, slots=True)
class Owing:
    """Gives what an object owes at an instant; remembered from one change of it to the next.

    ``detectors`` are those that the law pack has a norm for; of others nothing is owed.
    """

    registry: Registry
    record_at: Callable[[str, int], ObjectRecord | None]
    detectors: Collection[str] = tuple(DUTY_DETECTORS)
    spans: Spans = field(init=False)
    _rows: tuple[DutyRow, ...] = field(init=False)
    _known: dict[tuple[str, int], tuple[Owed, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows = (row for row in rows_with(self.registry.duty_rows) if row.id == BACKUP)
        object.__setattr__(self, "_rows", tuple(rows))
        object.__setattr__(self, "spans", Spans(self.registry))

    def __call__(self, object_id: str, at: int) -> Sequence[Owed]:
        """Give an object's duties at an instant; none where it is not watched."""
        place = self.spans(object_id, at).place
        owed = self._known.get((object_id, place))
        if owed is None:
            owed = self._known[object_id, place] = self._owed(object_id, at)
        if not owed:
            return ()
        record = self.registry.object(object_id, at)
        return owed if record is not None and standing(record, at) is Standing.OPEN else ()

    def objects(self) -> tuple[str, ...]:
        """Give the objects that owe anything in any of their revisions, at its begin or end."""
        return tuple(
            object_id
            for object_id, history in self.registry.histories.items()
            if any(
                self._owed_by(record, at)
                for begin, end, record in history.spans()
                for at in (begin, end - 1)
            )
        )

    def _owed(self, object_id: str, at: int) -> tuple[Owed, ...]:
        record = self.record_at(object_id, at)
        return self._owed_by(record, at) if record is not None else ()

    def _owed_by(self, record: ObjectRecord, at: int) -> tuple[Owed, ...]:
        bound = bound_by(record, self.registry, at)
        found = (*self._dated(record, bound, at), *_access(record), *_declared(record, bound))
        return tuple(one for one in found if one.detector in self.detectors)

    def _dated(self, record: ObjectRecord, bound: frozenset[str], at: int) -> Iterator[Owed]:
        """Give what has a term: the next backup, the end of a licence."""
        for one in record.software_licences:
            if one.valid_until != LATEST:
                yield Owed("saqshy.licence-ended", one.software, one.valid_until)
        if BACKUP not in bound:
            return
        for duty in duties(record, at, self._rows):
            if duty.id == BACKUP and duty.due_at is not None and duty.counts_from is not None:
                period = duty.due_at - duty.counts_from
                facts = {"basis": duty.basis, "term": duty.set_by}
                yield Owed(
                    "saqshy.missed-backup",
                    due=duty.due_at,
                    period=period,
                    meets=BACKUP,
                    facts=facts,
                )


def _access(record: ObjectRecord) -> Iterator[Owed]:
    """Give the registration of access facts (55(3)(2)): a source that is to have it falls silent.

    Where every source says what it carries and none carries it, there is none.
    """
    carried = [source.carries for source in record.sources]
    if carried and all(carried) and not any(_ACCESS_LOG in one for one in carried):
        yield Owed("saqshy.missing-access-log")
    for source in record.sources:
        if _ACCESS_LOG in source.carries:
            yield Owed("saqshy.missing-access-log", source.id, source=source.id)


def _declared(record: ObjectRecord, bound: frozenset[str]) -> Iterator[Owed]:
    """Give what the registry itself says is not as the law has it."""
    network, persons = record.network, record.personal_data_facts
    if "single_gateway" in bound and network.internet_via_gateway is False:
        yield Owed("saqshy.internet-past-gateway")
    if "mail_gateway" in bound and network.mail_via_gateway is False:
        yield Owed("saqshy.mail-past-gateway")
    for segment in network.segments:
        if segment.zone == "state_transport" and segment.internet:
            yield Owed("saqshy.transport-bridged", segment.name)
    for one in record.integrations if "integration_gateway" in bound else ():
        if one.via == "direct" and one.exception is None:
            yield Owed("saqshy.integration-past-gateway", one.object or one.name)
    if "multi_factor" in bound and persons is not None and persons.mfa is False:
        yield Owed("saqshy.one-factor")
    country = persons.storage_country if persons is not None else None
    if "home_storage" in bound and country not in (None, HOME):
        yield Owed("saqshy.personal-data-abroad", facts={"country": str(country)})
    abroad = sorted(one for one in network.management_countries if one != HOME)
    if "home_control" in bound and abroad:
        yield Owed("saqshy.control-abroad", facts={"country": ", ".join(abroad)})
    yield from _domains(record)


def _domains(record: ObjectRecord) -> Iterator[Owed]:
    for domain in record.network.domains:
        if not domain.national:
            continue
        country = domain.hosting_country or record.network.hosting_country
        if country not in (None, HOME):
            yield Owed("saqshy.domain-abroad", domain.name, facts={"country": str(country)})
        if domain.certified is False:
            yield Owed("saqshy.domain-certificate", domain.name)
        elif domain.certificate_valid_until is not None:
            yield Owed("saqshy.domain-certificate", domain.name, domain.certificate_valid_until)
