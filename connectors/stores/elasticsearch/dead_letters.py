"""What could not be processed, in the index of the day of its receipt."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial

from elasticsearch import Elasticsearch

from connectors.stores.elasticsearch.bulk import Action, Bulk
from connectors.stores.elasticsearch.client import mapped
from connectors.stores.elasticsearch.documents import Documents, noun
from connectors.stores.elasticsearch.names import FAILURES
from connectors.stores.elasticsearch.ordering import by, exactly
from connectors.stores.elasticsearch.scan import hits
from pipeline.model import Failure


class ElasticDeadLetters:
    """``ports.DeadLetters`` on Elasticsearch. Lists show what a refresh has shown."""

    def __init__(self, client: Elasticsearch, documents: Documents, bulk: Bulk) -> None:
        self._client = client
        self._documents = documents
        self._alias = documents.names.alias(FAILURES)
        self._bulk = bulk

    def put(self, failures: Sequence[Failure]) -> None:
        """Keep failures by id; the same one again overwrites."""
        self._bulk.strictly(list(self._documents.failures(failures)))

    def list(self) -> Iterator[Failure]:
        """Give failures by receive time and id."""
        found = hits(self._client, self._alias, {"match_all": {}}, by("received_at", "id"))
        with closing(found):
            yield from exactly(found, partial(noun, Failure), _receipt)

    def resolve(self, failure_id: str) -> None:
        """Take a failure off the list: a replay succeeded. An unknown id changes nothing."""
        with mapped("a dead letter"):
            found = self._client.search(index=self._alias, query={"ids": {"values": [failure_id]}})[
                "hits"
            ]["hits"]
        self._bulk.strictly([Action("delete", hit["_index"], hit["_id"]) for hit in found])

    def count(self) -> int:
        """Give how many stand unresolved."""
        with mapped("the number of dead letters"):
            return int(self._client.count(index=self._alias)["count"])


def _receipt(failure: Failure) -> tuple[int, str]:
    return failure.received_at, failure.id
