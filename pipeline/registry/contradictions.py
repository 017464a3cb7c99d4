"""What cannot hold together within one record of an object, each with its article."""

from collections.abc import Iterator

from pipeline.documents import Place
from pipeline.registry.moments import LATEST
from pipeline.registry.records import ObjectRecord

Contradiction = tuple[str, str, Place]
"""What is wrong, the way out, and where in the record."""


def record_contradictions(record: ObjectRecord) -> Iterator[Contradiction]:
    """Give every contradiction within a record."""
    if record.valid_to <= record.valid_from:
        yield "valid_to is not after valid_from", "", ("valid_to",)
    if record.ici_kind is not None and record.kind not in {None, "ici"}:
        message = f"ici_kind is given for the kind {record.kind} (1(4), 1(25))"
        yield message, "write kind: ici, or remove ici_kind", ("ici_kind",)
    yield from _access(record)
    yield from _critical(record)
    yield from _persons(record)
    yield from _attested(record)
    if "state_body" in record.requirements and not record.state_body:
        message = "requirements bind it as a state body's, but state_body is not true (54(3))"
        yield message, "correct one of them", ("requirements",)
    if record.backup is not None:
        for name in ("last_restore_test_at",):
            tested, made = getattr(record.backup, name), record.backup.last_at
            if tested is not None and made is None:
                yield f"backup.{name} without backup.last_at", "add it", ("backup", name)
    for index, one in enumerate(record.integrations):
        if (one.object is None) == (not one.name):
            message = "an integration names either a registered object or the other side"
            yield message, "give object or name", ("integrations", index)
        if one.object == record.id:
            yield "an integration leads to the object itself", "", ("integrations", index)


def _access(record: ObjectRecord) -> Iterator[Contradiction]:
    if record.access == "public" and record.restriction == "confidential":
        message = "is public and confidential at once (32(4)-(5))"
        yield message, "write access: restricted, or restriction: none", ("restriction",)
    if record.restricted_by is not None and record.access == "public":
        yield "is public, but restricted_by is given (32(6))", "remove one", ("restricted_by",)


def _critical(record: ObjectRecord) -> Iterator[Contradiction]:
    entry = record.critical
    if entry is None:
        return
    listed, delisted = entry.listed_at, entry.delisted_at
    if delisted is not None and (listed is None or delisted <= listed):
        message = "critical.delisted_at is not after critical.listed_at (6(4))"
        yield message, "correct one of the dates", ("critical", "delisted_at")
    if listed is not None and entry.proposed_at is not None and entry.proposed_at > listed:
        message = "critical.proposed_at is after critical.listed_at (9(17-2))"
        yield message, "correct one of the dates", ("critical", "proposed_at")


def _persons(record: ObjectRecord) -> Iterator[Contradiction]:
    if record.personal_data_facts is not None and record.personal_data is not True:
        message = "personal_data_facts are given, but personal_data is not true (36)"
        yield message, "write personal_data: true", ("personal_data_facts",)


def _attested(record: ObjectRecord) -> Iterator[Contradiction]:
    entry = record.attestation
    if entry is None:
        return
    if record.restriction == "unknown":
        message = "is attested open, but restriction is not stated"
        yield message, "write none or confidential", ("attestation",)
    if record.party_at("infrastructure.holder") is None:
        message = "names no holder of its infrastructure"
        way_out = "add parties.infrastructure.holder: incidents are told to it (7-2(1)(2))"
        yield message, way_out, ()
    if entry.valid_until != LATEST and entry.valid_until <= entry.at:
        message = "attestation.valid_until is not after attestation.at"
        yield message, "correct one of the dates", ("attestation", "valid_until")
