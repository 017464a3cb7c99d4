"""Reading hits: all of a query in order, from one instant's view; documents by id."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from elasticsearch import Elasticsearch, NotFoundError

from connectors.stores.elasticsearch.client import mapped
from pipeline.errors import StoreError
from pipeline.model import Json

_PAGE: Final = 1_000
_IDS: Final = 1_000  # of one request
_ALIVE: Final = "2m"


def hits(
    client: Elasticsearch,
    index: str,
    query: Json,
    sort: Sequence[Json],
    page: int = _PAGE,
) -> Generator[Json]:
    """Give every hit in the order of ``sort``, as of one instant; none where nothing has the alias.

    The view is let go of also where somebody stops reading.
    """
    what = f"a search in {index}"
    with mapped(what):
        opened = client.open_point_in_time(index=index, keep_alive=_ALIVE)
    view = opened["id"]
    after: list[Any] | None = None
    try:
        while True:
            with mapped(what):
                answer = client.search(
                    query=query,
                    pit={"id": view, "keep_alive": _ALIVE},
                    sort=[*sort],
                    size=page,
                    search_after=after,
                    track_total_hits=False,
                )
            found = answer["hits"]["hits"]
            view = answer.get("pit_id", view)
            yield from found
            if len(found) < page:
                return
            after = found[-1]["sort"]
    finally:
        with mapped(what):
            client.close_point_in_time(id=view)


def by_ids(client: Elasticsearch, index: str, ids: Iterable[str]) -> Iterator[Json]:
    """Give the documents of these ids as they stand at this moment, as far as they are there."""
    asked = iter(ids)
    while some := list(islice(asked, _IDS)):
        with mapped(f"documents of {index}"):
            answer = client.mget(index=index, ids=some)
        for one in answer["docs"]:
            if "error" in one:
                raise StoreError(f"elasticsearch: documents of {index}: {one['error']['reason']}")
            if one["found"]:
                yield one


def one(client: Elasticsearch, index: str, name: str) -> Json | None:
    """Give one document as it stands at this moment; None where there is none of that id."""
    with mapped(f"a document of {index}"):
        try:
            return dict(client.get(index=index, id=name).body)
        except NotFoundError as error:
            if "found" in error.body:
                return None
            raise
