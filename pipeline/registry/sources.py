"""Sources: the streams of records that an object sends, and by what they are known."""

from datetime import tzinfo
from typing import Annotated

from pydantic import Field

from pipeline.registry.enumerations import Carries
from pipeline.registry.maintenance import Maintenance
from pipeline.registry.moments import ZoneName, zone_named
from pipeline.registry.part import Address, Certificate, Code, Part, Text


class SourceMatch(Part):
    """By what a record is known to come from a source: every kind given must fit, any value of it.

    ``listeners`` are names of ways in, ``addresses`` IP addresses or networks of the peer,
    ``hosts`` host names inside the record (compared without case), ``fields`` values of named
    fields inside the record. ``certificates`` are names (common name, DNS) or SHA-256 fingerprints
    of the certificate by which the sender proved itself (RFC 5425, section 5).
    """

    listeners: tuple[Code, ...] = ()
    addresses: tuple[Address, ...] = ()
    hosts: tuple[str, ...] = ()
    fields: dict[str, str] = {}  # noqa: RUF012 (pydantic copies it)
    certificates: tuple[Certificate, ...] = ()

    @property
    def empty(self) -> bool:
        """Tell whether nothing at all is asked."""
        return not any((self.listeners, self.addresses, self.hosts, self.fields, self.certificates))


class SourceProfile(Part):
    """One stream of records of one object, and how to read it.

    ``carries`` says what it tells, for the detectors that the law asks for (55(3)(2), 42(3), 30).
    ``lateness_seconds``: how late in event time a record may come. ``silence_seconds``: after how
    long without a record the source counts as silent (1(29-1)); ``maintenance``: planned work, in
    which a silence says nothing. ``mark_fields``: fields whose value may be a secrecy mark;
    ``mark_values``: spellings that are valid marks in this source beside those of the registry's
    ``marks``. ``columns``: the header of rows that come without one, as the format writes it
    (``#Fields: date time c-ip``, ``Date;User;Event``). ``quota_records_per_second`` is how much of
    it is taken in the long run, ``quota_burst`` how much at once (without it ten seconds' worth);
    0 leaves it to the listener.
    """

    id: Code
    match: SourceMatch
    carries: tuple[Carries, ...] = ()
    format: Code = "auto"
    zone: ZoneName = "UTC"
    lateness_seconds: Annotated[int, Field(ge=0, le=604_800)] = 300
    silence_seconds: Annotated[int, Field(ge=1)] | None = None
    maintenance: tuple[Maintenance, ...] = ()
    mark_fields: tuple[Text, ...] = ()
    mark_values: tuple[Text, ...] = ()
    columns: str = ""
    quota_records_per_second: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    quota_burst: Annotated[int, Field(ge=0, le=100_000_000)] = 0

    @property
    def tzinfo(self) -> tzinfo:
        """Give the zone of times that name none."""
        return zone_named(self.zone)
