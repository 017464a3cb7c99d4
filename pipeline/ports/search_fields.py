"""Which fields of each kind people ask for: their types, and what a store answers by an index.

Any other field of a document may be asked for too: a store then opens rows one by one, within the
budget of the question. A field that is not listed here takes texts and numbers as they come.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from pipeline.ports.searching import Kind


class FieldType(StrEnum):
    """How values of a field compare."""

    KEYWORD = "keyword"  # as a whole
    TEXT = "text"  # by what they contain
    TIME = "time"
    NUMBER = "number"
    IP = "ip"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``indexed``: SQLite answers by an index; ``free``: asked by words without a field.

    The text for people is ``field.<kind>.<name>`` in the catalogues of texts.
    """

    kind: Kind
    name: str
    type: FieldType = FieldType.KEYWORD
    indexed: bool = False
    sortable: bool = False
    facetable: bool = False
    free: bool = False

    @property
    def label(self) -> str:
        """Give the key of its text for people."""
        return f"field.{self.kind}.{self.name}"


_TYPES = dict(zip("kxtnif", FieldType, strict=True))
# A row: type, name, signs: i indexed, s sortable, c counted as a facet, f asked by free words.
_ROWS: dict[Kind, str] = {
    Kind.INCIDENTS: """
        k id f
        k object_id icf
        k state ic
        t opened_at is
        t changed_at is
        t first_event_at
        t last_event_at is
        t closed_at
        n event_count is
        n finding_count
        n revision
        k fold_key icf
        f trial ic
        k assessment.is_incident ic
        k assessment.severity ic
        k assessment.priority ic
        k assessment.rsit icf
        k assessment.intent ic
        k assessment.origin ic
        k assessment.reality ic
        k assessment.scope ic
        k assessment.guard ic
        k assessment.attack icf
        k assessment.route.role ic
        k assessment.route.party_id ic
        k assigned_to icf
        k closing_verdict ic
        k merged_into i
        k finding_ids
        k actor
        k step
        x reason
    """,
    Kind.FINDINGS: """
        k id f
        k object_id icf
        k kind ic
        k rule.id icf
        k rule.title f
        k rule.level ic
        t first_event_at is
        t last_event_at is
        n event_count
        n revision
        f trial ic
        f retracted ic
        k labels.attack icf
        k labels.rsit ic
        k suppressed i
        k merged_into i
        k content
        k event_ids
    """,
    Kind.NOTICES: """
        k id f
        k incident_id icf
        k object_id icf
        k state ic
        k leg ic
        k kind ic
        k channel icf
        k language ic
        k recipient.role icf
        k recipient.party_id icf
        k guard.decision ic
        k set_by ic
        k basis icf
        t created_at is
        t due_at is
        t next_attempt_at
        n attempts
        n ordinal
        n revision
        x last_error
        k tried.why ic
    """,
    Kind.AUDIT: """
        k entry_id f
        k chain icf
        k kind ic
        k subject if
        k actor icf
        t at is
        n number
        k hash
    """,
    Kind.FAILURES: """
        k id f
        k batch_id icf
        k object_id icf
        k source_id icf
        k stage ic
        k code icf
        t received_at is
        n index
        x detail
    """,
    Kind.EVENTS: """
        t @timestamp s
        k saqshy.object_id icf
        k saqshy.source_id c
        k saqshy.batch
        n saqshy.index
        k saqshy.format c
        k saqshy.taxonomy c
        k saqshy.notes c
        k saqshy.time_confidence c
        t saqshy.received_at
        f saqshy.trial c
        k saqshy.original_hash
        k event.dataset c
        k event.code cf
        k event.action cf
        k event.category c
        k event.type c
        k event.outcome c
        k event.provider c
        k event.reason f
        n event.severity
        n event.duration
        x message f
        k host.name icf
        k host.hostname icf
        k host.id i
        i host.ip ic
        k user.name icf
        k user.id icf
        k user.domain c
        k user.email i
        k user.target.name icf
        k user.target.id i
        k user.effective.name icf
        i source.ip icf
        k source.address icf
        k source.domain icf
        k source.user.name icf
        k source.geo.country_iso_code c
        n source.port c
        i source.nat.ip i
        i destination.ip icf
        k destination.address icf
        k destination.domain icf
        k destination.user.name icf
        k destination.geo.country_iso_code c
        n destination.port c
        i destination.nat.ip i
        i client.ip ic
        k client.address i
        i server.ip ic
        k server.address i
        i related.ip ic
        k related.hosts ic
        k related.user ic
        k related.hash i
        k network.protocol c
        k network.transport c
        k process.name cf
        k process.executable cf
        k process.command_line f
        k process.parent.name c
        k process.parent.command_line f
        n process.pid
        k process.hash.md5 i
        k process.hash.sha1 i
        k process.hash.sha256 i
        k file.path f
        k file.name cf
        k file.hash.md5 i
        k file.hash.sha1 i
        k file.hash.sha256 i
        k dll.hash.md5 i
        k dll.hash.sha1 i
        k dll.hash.sha256 i
        k dns.question.name cf
        i dns.resolved_ip i
        k url.full f
        k url.original f
        k url.domain icf
        k http.request.method c
        n http.response.status_code c
        k rule.name c
        k service.name c
    """,
}
# A kind's own time, and what names a row of it.
OWN_TIME: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.EVENTS: "@timestamp",
        Kind.FINDINGS: "first_event_at",
        Kind.INCIDENTS: "opened_at",
        Kind.NOTICES: "created_at",
        Kind.AUDIT: "at",
        Kind.FAILURES: "received_at",
    }
)
# Names of the first level that documents of a kind have beside the listed ones.
MORE: Mapping[Kind, frozenset[str]] = MappingProxyType(
    {
        Kind.INCIDENTS: frozenset(
            {
                "assessment",
                "previous_hash",
                "hash",
                "command",
                "entry",
                "decisions",
                "machine",
                "links",
                "asked",
            }
        ),
        Kind.FINDINGS: frozenset({"rule", "group", "labels", "fields"}),
        Kind.NOTICES: frozenset({"recipient", "guard", "payload", "receipt", "tried"}),
        Kind.AUDIT: frozenset({"detail", "previous_hash"}),
        Kind.FAILURES: frozenset(),
    }
)


@cache
def fields_of(kind: Kind) -> Mapping[str, Field]:
    """Give the listed fields of a kind, by name, in the order in which they are shown."""
    found = {}
    for row in _ROWS[kind].strip().splitlines():
        letter, name, signs = (*row.split(), "")[:3]
        found[name] = Field(
            kind, name, _TYPES[letter], "i" in signs, "s" in signs, "c" in signs, "f" in signs
        )
    return MappingProxyType(found)


def type_of(kind: Kind, name: str) -> FieldType | None:
    """Give the type of a listed field; None where the field is not listed."""
    found = fields_of(kind).get(name)
    return found.type if found else None


def sortable(kind: Kind) -> tuple[str, ...]:
    """Give the fields that a kind is sorted by, its own time first."""
    own = OWN_TIME[kind]
    rest = (one.name for one in fields_of(kind).values() if one.sortable and one.name != own)
    return (own, *rest)
