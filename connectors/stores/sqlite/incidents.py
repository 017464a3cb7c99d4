"""Findings and incidents with every revision, and the latest of each incident by its opening."""

from collections.abc import Iterator, Sequence

import orjson
from pydantic import ValidationError

from connectors.stores.sqlite.database import Row, SqliteDatabase
from connectors.stores.sqlite.revisions import put_revisions
from connectors.stores.sqlite.search_rows import put_rows
from pipeline.model import Finding, Incident, from_json, to_json
from pipeline.ports.searching import Kind

# An older revision that arrives late does not take the place of a newer one.
_PUT_HEAD = """INSERT INTO incident_heads VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
    revision = excluded.revision, object_id = excluded.object_id, opened_at = excluded.opened_at
    WHERE excluded.revision > revision"""
_FINDING = "SELECT data FROM findings WHERE id = ? ORDER BY revision DESC LIMIT 1"
_HEAD = "SELECT data FROM incident_heads JOIN incidents USING (id, revision) WHERE id = ?"
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
            changes = self._new_heads(_FINDING, rows)
            put_revisions(self._database, "findings", rows)
            put_rows(self._database, Kind.FINDINGS, changes)

    def put_incidents(self, incidents: Sequence[Incident]) -> None:
        """Keep revisions; an equal (id, revision) with other content raises IntegrityError."""
        rows = [(incident.id, incident.revision, to_json(incident)) for incident in incidents]
        heads = [(one.id, one.revision, one.object_id, one.opened_at) for one in incidents]
        with self._database.writing() as connection:
            changes = self._new_heads(_HEAD, rows)
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

    def _new_heads(
        self, query: str, rows: Sequence[tuple[str, int, bytes]]
    ) -> list[tuple[str, bytes | None, bytes]]:
        """Give (id, document before, document after) of those that get a later revision."""
        newest: dict[str, tuple[int, bytes]] = {}
        for noun_id, revision, data in rows:
            if revision > newest.get(noun_id, (0, b""))[0]:
                newest[noun_id] = (revision, data)
        changes = []
        for noun_id, (revision, data) in newest.items():
            row = self._database.one(query, noun_id)
            before = row[0] if row else None
            if before is None or revision > orjson.loads(before)["revision"]:
                changes.append((noun_id, before, data))
        return changes

    def _incident(self, data: bytes) -> Incident:
        try:
            return from_json(Incident, data)
        except ValidationError as error:
            raise self._database.damaged("an incident", error) from error
