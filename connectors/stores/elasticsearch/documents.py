"""Documents from nouns and back: which index, which id, which version; the whole where it must be.

A document that Elasticsearch refuses for its content (a key that no field takes, too deep an
object) is kept all the same: in its plain form, which has the few fields by which it is found and
the whole document as a text in ``whole``. Who reads it notices nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from pydantic import ValidationError

from connectors.stores.elasticsearch.bulk import Action
from connectors.stores.elasticsearch.names import (
    AUDIT,
    FINDING_REVISIONS,
    FINDINGS,
    INCIDENT_REVISIONS,
    INCIDENTS,
    NOTICES,
    Names,
)
from pipeline.errors import StoreCorrupt
from pipeline.model import (
    NANOSECONDS,
    AuditEntry,
    Failure,
    Finding,
    Incident,
    Json,
    Notice,
    NoticeState,
    from_json,
    rfc3339,
    to_json,
)

# By these a store finds and orders what it keeps; they are texts and numbers of our own making.
_EVENT_KEYS = (
    "object_id", "source_id", "received_at", "time_confidence", "original_hash", "batch", "index",
    "trial", "format", "taxonomy",
)  # fmt: skip
_NOUN_KEYS = (
    "id", "revision", "object_id", "state", "opened_at", "changed_at", "trial", "incident_id",
    "created_at", "due_at", "chain", "number", "entry_id", "kind", "subject", "at", "batch_id",
    "index", "source_id", "stage", "code", "received_at", "place", "first_event_at",
    "last_event_at",
)  # fmt: skip
_STEPS = {
    NoticeState.PENDING: 0,
    NoticeState.FAILED: 1,
    NoticeState.HELD: 2,
    NoticeState.DEAD: 3,
    NoticeState.SENT: 4,
    NoticeState.ACKNOWLEDGED: 5,
}
_Noun = TypeVar("_Noun", Incident, Finding, Notice, AuditEntry, Failure)


@dataclass(frozen=True, slots=True)
class Documents:
    """Makes what is written, under index names of one prefix."""

    names: Names

    def events(self, lines: bytes) -> Iterator[Action]:
        """Give the events of a block of NDJSON, each line as it is; ValueError where it is none."""
        index_of: dict[tuple[str, str], str] = {}
        for line in lines.split(b"\n"):
            document = orjson.loads(line)
            try:
                time, own = document["@timestamp"], document["saqshy"]
                received, name = own["received_at"], f"{own['batch']}-{own['index']}"
                key = time[:10], received[:10]
            except (KeyError, TypeError) as error:
                raise ValueError(f"a line is no event: {type(error).__name__}") from error
            index = index_of.get(key)
            if index is None:
                index = index_of[key] = self.names.event_index(time, received)
            yield Action("index", index, name, line)

    def findings(self, findings: Iterable[Finding]) -> Iterator[Action]:
        """Give each finding twice: this revision for good, and the latest as it stands."""
        for one in findings:
            yield from self._revised(FINDINGS, FINDING_REVISIONS, one)

    def incidents(self, incidents: Iterable[Incident]) -> Iterator[Action]:
        """Give each incident twice: this revision for good, and the latest as it stands."""
        for one in incidents:
            yield from self._revised(INCIDENTS, INCIDENT_REVISIONS, one)

    def made(self, notices: Iterable[Notice]) -> Iterator[Action]:
        """Give new notices; a known one stays as it stands."""
        for one in notices:
            yield Action("create", self.names.lasting(NOTICES), one.id, to_json(one))

    def standing(self, notice: Notice) -> Action:
        """Give a notice as it stands now; one that stood so earlier does not take its place."""
        index = self.names.lasting(NOTICES)
        return Action("index", index, notice.id, to_json(notice), standing_version(notice))

    def entries(self, entries: Iterable[AuditEntry]) -> Iterator[Action]:
        """Give links of audit chains, by chain and number; none overwrites another."""
        index = self.names.lasting(AUDIT)
        for one in entries:
            yield Action("create", index, entry_id(one.chain, one.number), to_json(one))

    def failures(self, failures: Iterable[Failure], place: str = "") -> Iterator[Action]:
        """Give dead letters; ``place`` is where their batch stands in Kafka."""
        for one in failures:
            more = orjson.dumps({"id": one.id, "place": place})
            body = to_json(one)[:-1] + b"," + more[1:]
            yield Action("index", self.names.failure_index(rfc3339(one.received_at)), one.id, body)

    def _revised(self, heads: str, revisions: str, noun: Finding | Incident) -> Iterator[Action]:
        body, name = to_json(noun), f"{noun.id}-{noun.revision}"
        yield Action("create", self.names.lasting(revisions), name, body)
        yield Action("index", self.names.lasting(heads), noun.id, body, noun.revision)


def entry_id(chain: str, number: int) -> str:
    """Give the id of a link of an audit chain."""
    return f"{number}@{chain}"


def standing_version(notice: Notice) -> int:
    """Give how far a notice has come, as a number: its states in any order come to one end.

    Attempts come first, then whether a person has put it back on its way since, then when it is
    tried next (seconds), then its state: of 2^62 steps, 20, 1, 36 and 3 bits.
    """
    again = notice.tried.forgiven == notice.attempts > 0
    seconds = min(max(notice.next_attempt_at, 0) // NANOSECONDS, 2**36 - 1)
    attempts = min(notice.attempts, 2**20 - 1)
    return ((attempts << 1 | again) << 36 | seconds) << 3 | _STEPS[notice.state]


def plain(action: Action) -> Action:
    """Give the same document in the form that every index takes."""
    document = orjson.loads(action.body)
    own = document.get("saqshy")
    whole = action.body.decode()
    if isinstance(own, dict):
        kept = {key: own[key] for key in _EVENT_KEYS if key in own}
        some: Json = {"@timestamp": document["@timestamp"], "saqshy": {**kept, "whole": whole}}
    else:
        some = {key: document[key] for key in _NOUN_KEYS if key in document} | {"whole": whole}
    body = orjson.dumps(some)
    return Action(action.verb, action.index, action.id, body, action.version)


def content(source: Json) -> bytes:
    """Give a stored document's JSON as it was written, but for the order of white space."""
    own = source.get("saqshy")
    whole = (own if isinstance(own, dict) else source).get("whole")
    return orjson.dumps(source) if whole is None else str(whole).encode()


def noun(kind: type[_Noun], hit: Json) -> _Noun:
    """Read a stored noun; StoreCorrupt where it does not decode."""
    source: dict[str, Any] = hit["_source"]
    try:
        if kind is Failure:
            left = {"id", "place", "whole"}
            body = orjson.loads(content(source))
            return from_json(kind, orjson.dumps({k: v for k, v in body.items() if k not in left}))
        return from_json(kind, content(source))
    except (ValidationError, ValueError) as error:
        raise StoreCorrupt(
            f"elasticsearch: {hit['_id']} of {hit['_index']} does not decode: restore the last"
            " snapshot, or rebuild the store"
        ) from error


def same(first: bytes, second: bytes) -> bool:
    """Tell whether two documents say the same; the order of keys is no content."""
    return first == second or bool(orjson.loads(first) == orjson.loads(second))
