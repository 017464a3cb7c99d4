"""Findings and incidents: each revision for good, and the latest of each by its id.

A revision is created and never written again; the latest is written under its revision as an
external version, so that an older one that comes late, or again, does not take its place.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import islice

from elasticsearch import Elasticsearch

from connectors.stores.elasticsearch.bulk import Action, Bulk, Fate
from connectors.stores.elasticsearch.comparing import clash, clashes, refuse_two
from connectors.stores.elasticsearch.documents import Documents, noun
from connectors.stores.elasticsearch.names import FINDINGS, INCIDENT_REVISIONS, INCIDENTS
from connectors.stores.elasticsearch.ordering import by, exactly
from connectors.stores.elasticsearch.scan import by_ids, hits, one
from pipeline.errors import StoreError
from pipeline.model import Finding, Incident, Json


class ElasticIncidentStore:
    """``ports.IncidentStore`` on Elasticsearch. Lists show what a refresh has shown."""

    def __init__(self, client: Elasticsearch, documents: Documents, bulk: Bulk) -> None:
        self._client = client
        self._documents = documents
        self._alias = documents.names.alias
        self._bulk = bulk

    def put_findings(self, findings: Sequence[Finding]) -> None:
        """Keep revisions; an equal (id, revision) with other content raises IntegrityError."""
        self._put(list(self._documents.findings(findings)))

    def put_incidents(self, incidents: Sequence[Incident]) -> None:
        """Keep revisions; an equal (id, revision) with other content raises IntegrityError."""
        self._put(list(self._documents.incidents(incidents)))

    def finding(self, finding_id: str) -> Finding | None:
        """Give a finding's latest revision."""
        hit = one(self._client, self._alias(FINDINGS), finding_id)
        return None if hit is None else noun(Finding, hit)

    def history(self, incident_id: str) -> Sequence[Incident]:
        """Give every revision of an incident, oldest first; empty where unknown."""
        head = one(self._client, self._alias(INCIDENTS), incident_id)
        if head is None:
            return []
        last = noun(Incident, head).revision
        names = (f"{incident_id}-{number}" for number in range(1, last + 1))
        found = by_ids(self._client, self._alias(INCIDENT_REVISIONS), names)
        return [noun(Incident, hit) for hit in found]

    def latest(self, object_id: str | None = None, last: int | None = None) -> Iterator[Incident]:
        """Give the latest revision of each incident, by opening and id; ``last``: only the end."""
        query: Json = {"match_all": {}} if object_id is None else {"term": {"object_id": object_id}}
        backwards = last is not None
        sort = by("opened_at", "id", backwards=backwards)
        with closing(hits(self._client, self._alias(INCIDENTS), query, sort)) as found:
            ordered = exactly(found, partial(noun, Incident), _opening, backwards=backwards)
            if last is None:
                yield from ordered
            else:
                yield from reversed(list(islice(ordered, max(last, 0))))

    def _put(self, actions: Sequence[Action]) -> None:
        """Write revisions first: one that contradicts what is known changes nothing."""
        revisions = [action for action in actions if action.version is None]
        heads = [action for action in actions if action.version is not None]
        refuse_two(revisions)
        for known in clashes(self._client, revisions):
            raise clash(known)
        items = self._bulk(revisions)
        made = [one for one, item in zip(revisions, items, strict=True) if item.fate is Fate.KNOWN]
        for known in clashes(self._client, made):  # somebody was quicker
            raise clash(known)
        for action, item in zip([*revisions, *heads], [*items, *self._bulk(heads)], strict=True):
            if item.fate not in {Fate.WRITTEN, Fate.KNOWN}:
                raise StoreError(f"elasticsearch: {action.index} {action.id}: {item.reason}")


def _opening(incident: Incident) -> tuple[int, str]:
    return incident.opened_at, incident.id
