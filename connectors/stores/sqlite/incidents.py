"""Findings and incidents with every revision, and the latest of each incident by its opening."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from connectors.stores.sqlite.database import Row, SqliteDatabase
from connectors.stores.sqlite.revisions import put_revisions
from connectors.stores.sqlite.search_rows import put_rows
from pipeline.model import Finding, Incident, from_json, instant, to_json
from pipeline.ports.searching import Kind

_Noun = TypeVar("_Noun", Finding, Incident)

# An older revision that arrives late does not take the place of a newer one.
_PUT_HEAD = """INSERT INTO incident_heads VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
    revision = excluded.revision, object_id = excluded.object_id, opened_at = excluded.opened_at
    WHERE excluded.revision > revision"""
_FINDING = "SELECT data FROM findings WHERE id = ? ORDER BY revision DESC LIMIT 1"
_STANDING_FINDING = """SELECT revision, json_extract(CAST(data AS TEXT), '$.first_event_at')
    FROM findings WHERE id = ? ORDER BY revision DESC LIMIT 1"""
_STANDING = "SELECT revision, opened_at FROM incident_heads WHERE id = ?"
_HISTORY = "SELECT data FROM incidents WHERE id = ? ORDER BY revision"
_LATEST = """SELECT data FROM incident_heads JOIN incidents USING (id, revision)
    ORDER BY opened_at, id"""
_LATEST_OF = """SELECT data FROM incident_heads JOIN incidents USING (id, revision)
    WHERE object_id = ? ORDER BY opened_at, id"""
_LAST = """SELECT data FROM incident_heads JOIN incidents USING (id, revision)
    ORDER BY opened_at DESC, id DESC LIMIT ?"""
_LAST_OF = """SELECT data FROM incident_heads JOIN incidents USING (id, revision)
    WHERE object_id = ? ORDER BY opened_at DESC, id DESC LIMIT ?"""


class SqliteIncidentStore:
    """``ports.IncidentStore`` on a SQLite file."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def put_findings(self, findings: Sequence[Finding]) -> None:
        """Keep revisions; an equal (id, revision) with other content raises IntegrityError."""
        rows = [(finding.id, finding.revision, to_json(finding)) for finding in findings]
        with self._database.writing():
            changes = [
                (one, None if at is None else instant(at), noun)
                for one, at, noun in self._new_heads(_STANDING_FINDING, findings)
            ]
            put_revisions(self._database, "findings", rows)
            put_rows(self._database, Kind.FINDINGS, changes)

    def put_incidents(self, incidents: Sequence[Incident]) -> None:
        """Keep revisions; an equal (id, revision) with other content raises IntegrityError."""
        rows = [(incident.id, incident.revision, to_json(incident)) for incident in incidents]
        heads = [(one.id, one.revision, one.object_id, one.opened_at) for one in incidents]
        with self._database.writing() as connection:
            changes = self._new_heads(_STANDING, incidents)
            put_revisions(self._database, "incidents", rows)
            connection.executemany(_PUT_HEAD, heads)
            put_rows(self._database, Kind.INCIDENTS, changes)

    def finding(self, finding_id: str) -> Finding | None:
        """Give a finding's latest revision."""
        row = self._database.one(_FINDING, finding_id)
        if row is None:
            return None
        try:
            return from_json(Finding, row[0])
        except ValidationError as error:
            raise self._database.damaged(f"finding {finding_id}", error) from error

    def history(self, incident_id: str) -> Sequence[Incident]:
        """Give every revision of an incident, oldest first; empty where unknown."""
        return [self._incident(data) for (data,) in self._database.all(_HISTORY, incident_id)]

    def latest(self, object_id: str | None = None, last: int | None = None) -> Iterator[Incident]:
        """Give the latest revision of each incident, by opening and id; ``last``: only the end."""
        of = () if object_id is None else (object_id,)
        rows: Iterator[Row]
        if last is None:
            rows = self._database.rows(_LATEST_OF if of else _LATEST, *of)
        else:
            rows = reversed(self._database.all(_LAST_OF if of else _LAST, *of, last))
        for (data,) in rows:
            yield self._incident(data)

    def _new_heads(self, query: str, nouns: Sequence[_Noun]) -> list[tuple[str, Any, _Noun]]:
        """Give (id, time of the one that stands, noun) of those that get a later revision."""
        newest: dict[str, _Noun] = {}
        for noun in nouns:
            if noun.id not in newest or noun.revision > newest[noun.id].revision:
                newest[noun.id] = noun
        changes = []
        for noun_id, noun in newest.items():
            revision, at = self._database.one(query, noun_id) or (0, None)
            if noun.revision > revision:
                changes.append((noun_id, at, noun))
        return changes

    def _incident(self, data: bytes) -> Incident:
        try:
            return from_json(Incident, data)
        except ValidationError as error:
            raise self._database.damaged("an incident", error) from error
