"""Questions of people to Elasticsearch.

What indices answer exactly is counted by aggregations; documents that are not indexed whole, and
conditions that no index answers, are read one by one within the budget, and asked by ``holds``.
A page's cursor is the place of its last row: what comes meanwhile shifts nothing.
"""

import hashlib
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any, Final

import orjson
from elasticsearch import Elasticsearch

from connectors.stores.asking import (
    MILLISECOND,
    MOST_BUCKETS,
    Order,
    Place,
    as_facets,
    as_histogram,
    checked_step,
    cursor,
    facet_texts,
    in_span,
    order_of,
    own_time,
    place_after,
    tally,
)
from connectors.stores.elasticsearch.client import connect, mapped
from connectors.stores.elasticsearch.documents import content
from connectors.stores.elasticsearch.names import (
    AUDIT,
    DAY,
    EVENTS,
    FAILURES,
    FINDING_REVISIONS,
    INCIDENT_REVISIONS,
    NOTICES,
    Names,
)
from connectors.stores.elasticsearch.scan import by_ids, hits
from connectors.stores.elasticsearch.search_query import (
    COUNTABLE,
    EVERY_DOCUMENT,
    INDEX_OF,
    Found,
    field_type,
    found_by,
    odd,
    side_of,
    span_of,
)
from pipeline.model import Json
from pipeline.model.conditions import EVERYTHING, Condition
from pipeline.model.holding import holds
from pipeline.ports.search_fields import OWN_TIME
from pipeline.ports.searching import Ask, Count, Facets, Histogram, Kind, Page
from pipeline.settings import ElasticsearchSettings

_SCANNED: Final = 500  # documents of one request
_MOST_DAYS: Final = 7  # of a span whose indices are named one by one
_EARLIEST: Final = 0  # before it no index of a day is told by its number
_VALUES: Final = 1_000  # of a field that are counted
_REVISIONS: Final = {Kind.FINDINGS: FINDING_REVISIONS, Kind.INCIDENTS: INCIDENT_REVISIONS}
_MARKED: Final = (EVENTS, FAILURES, INCIDENT_REVISIONS, FINDING_REVISIONS, NOTICES, AUDIT)


class ElasticSearching:
    """``ports.searching.Search`` on Elasticsearch. It shows what a refresh has shown."""

    def __init__(self, client: Elasticsearch, names: Names) -> None:
        self._client = client
        self._names = names

    def page(self, ask: Ask) -> Page:
        """Give one page."""
        found = self._found(ask)
        rows: list[bytes] = []
        last: Place = ()
        opened = 0
        size = min(ask.limit + 1, _SCANNED) if found.exact else _SCANNED
        for place, data, document in self._read(ask, found, size):
            if len(rows) == ask.limit:
                return Page(rows, cursor(ask, last))
            if not found.exact and opened >= ask.budget:
                return Page(rows, cursor(ask, last), complete=False)
            opened, last = opened + 1, place
            if self._fits(ask, document):
                rows.append(data)
        return Page(rows)

    def every(self, ask: Ask) -> Iterator[bytes]:
        """Give all rows that fit, in order, as of one instant."""
        order = order_of(ask)
        after, query = place_after(ask), self._found(ask).query
        with closing(hits(self._client, self._alias(ask.kind), query, _sort(order))) as found:
            for hit in found:
                data, document = _document(ask.kind, hit)
                behind = after is None or order.behind(tuple(hit["sort"][: len(after)]), after)
                if behind and self._fits(ask, document):
                    yield data

    def one(self, kind: Kind, row_id: str, where: Condition = EVERYTHING) -> bytes | None:
        """Give one document; None where there is none that fits."""
        if not row_id:
            return None
        asked: Json = {"ids": {"values": [row_id]}}
        if kind is Kind.AUDIT:
            asked = {"term": {"entry_id": row_id}}
        with mapped(f"one of {kind}"):
            found = self._client.search(index=self._alias(kind), query=asked, size=1)
        for hit in found["hits"]["hits"]:
            data, document = _document(kind, hit)
            return data if holds(where, document) else None
        return None

    def revisions(self, kind: Kind, row_id: str) -> Sequence[bytes]:
        """Give every revision of a finding or incident, oldest first."""
        if kind not in _REVISIONS:
            raise ValueError(f"{kind} have no revisions")
        head = self.one(kind, row_id)
        last = orjson.loads(head)["revision"] if head else 0
        names = (f"{row_id}-{number}" for number in range(1, last + 1))
        found = by_ids(self._client, self._names.alias(_REVISIONS[kind]), names)
        return [content(hit["_source"]) for hit in found]

    def count(self, ask: Ask) -> Count:
        """Count what fits."""
        found = self._found(ask)
        if not found.exact:
            documents, complete = self._opened(ask, found.query)
            return Count(len(documents), complete)
        with mapped(f"the number of {ask.kind}"):
            answer = self._client.count(**self._where(ask), query=_whole(ask, found))
        documents, complete = self._opened(ask, _odd(ask))
        return Count(int(answer["count"]) + len(documents), complete)

    def facets(self, ask: Ask, fields: Sequence[str], most: int = 20) -> Facets:
        """Count the values of fields."""
        found = self._found(ask)
        counted = [one for one in fields if field_type(ask.kind, one) in COUNTABLE]
        if not found.exact:
            documents, complete = self._opened(ask, found.query)
            return as_facets(tally(documents, fields), most, exact=complete)
        answer = self._aggregated(ask, found, {one: _terms(one) for one in counted})
        documents, complete = self._opened(ask, _odd(ask))
        totals: dict[str, Counter[str]] = {}
        for field in fields:
            totals[field] = Counter()
            if field in counted:
                complete &= _complete(answer[field], bool(documents))
                totals[field].update(_counts(field, answer[field]))
            for document in documents:
                totals[field].update(facet_texts(field, document))
        left = [one for one in fields if one not in counted]
        if left:
            scanned, all_scanned = self._opened(ask, _whole(ask, found))
            complete &= all_scanned
            for field, counts in tally(scanned, left).items():
                totals[field].update(counts)
        return as_facets(totals, most, exact=complete)

    def histogram(self, ask: Ask, step: int) -> Histogram:
        """Count by time."""
        step = checked_step(step)
        found = self._found(ask)
        counts: Counter[int] = Counter()
        query = found.query
        if (
            ask.begin is not None
            and ask.end is not None
            and ((ask.end - ask.begin) // step > MOST_BUCKETS)
        ):
            return as_histogram(ask, step, counts, exact=True)
        if found.exact:
            by: Json = {
                "date_histogram": {
                    "field": OWN_TIME[ask.kind],
                    "fixed_interval": f"{step // MILLISECOND}ms",
                    "min_doc_count": 1,
                }
            }
            for bucket in self._aggregated(ask, found, {"times": by})["times"]["buckets"]:
                counts[int(bucket["key"]) * MILLISECOND // step] += bucket["doc_count"]
            query = _odd(ask)
        documents, complete = self._opened(ask, query)
        counts.update(own_time(ask.kind, document) // step for document in documents)
        return as_histogram(ask, step, counts, exact=complete)

    def mark(self) -> str:
        """Give a value that changes when anything was added; each change adds an audit entry."""
        aliases = ",".join(map(self._names.alias, _MARKED))
        with mapped("what there is"):
            answer = self._client.search(
                index=aliases, size=0, aggs={"of": {"terms": {"field": "_index", "size": 10_000}}}
            )
        counts = sorted(
            (one["key"], one["doc_count"]) for one in answer["aggregations"]["of"]["buckets"]
        )
        return hashlib.sha256(orjson.dumps(counts)).hexdigest()[:16]

    def close(self) -> None:
        """Let go of connections; safe to call twice."""
        self._client.close()

    def _alias(self, kind: Kind) -> str:
        return self._names.alias(INDEX_OF[kind])

    def _where(self, ask: Ask) -> Json:
        """Say where a question is asked: of a short span of events in the indices of its days.

        Each index that is asked makes the question's expressions anew, also where it has no row.
        """
        if ask.kind is not Kind.EVENTS or ask.begin is None or ask.end is None:
            return {"index": self._alias(ask.kind)}
        if not _EARLIEST <= ask.begin < ask.end <= ask.begin + _MOST_DAYS * DAY:
            return {"index": self._alias(ask.kind)}
        indices = ",".join(self._names.events_between(ask.begin, ask.end))
        return {"index": indices, "ignore_unavailable": True}

    @staticmethod
    def _found(ask: Ask) -> Found:
        """Give the query of all that may fit, and whether what is indexed whole fits exactly."""
        span, where = span_of(ask), found_by(ask.kind, ask.where)
        if where == Found(EVERY_DOCUMENT):
            return span
        either = {"bool": {"should": [where.query, odd(ask.kind)], "minimum_should_match": 1}}
        query = {"bool": {"filter": [span.query, either]}}
        return Found(query, span.exact and where.exact)

    def _read(
        self, ask: Ask, found: Found, size: int
    ) -> Generator[tuple[Place, bytes, Json], None, None]:
        order = order_of(ask)
        after = place_after(ask)
        while True:
            with mapped(f"a page of {ask.kind}"):
                answer = self._client.search(
                    **self._where(ask),
                    query=self._nearest(ask, found.query, (order, after), size),
                    sort=_sort(order),
                    size=size,
                    search_after=list(after) if after is not None else None,
                    track_total_hits=False,
                )
            rows = answer["hits"]["hits"]
            for hit in rows:
                after = tuple(hit["sort"])
                yield after, *_document(ask.kind, hit)
            if len(rows) < size:
                return

    def _nearest(self, ask: Ask, query: Json, place: tuple[Order, Place | None], size: int) -> Json:
        """Narrow a query to the rows from which a page is: the nearest by their first value.

        By one number Elasticsearch passes over what is farther; by a second value it compares all.
        """
        order, after = place
        near, far = ("gte", "lt") if order.descending else ("lte", "gt")
        beyond = [] if after is None else [side_of(order, far, after[0])]
        with mapped(f"a page of {ask.kind}"):
            answer = self._client.search(
                **self._where(ask), query={"bool": {"filter": [query, *beyond]}},
                sort=_sort(order)[:1], size=size, source=False, track_total_hits=False,
            )  # fmt: skip
        rows = answer["hits"]["hits"]
        if after is not None:
            beyond = [side_of(order, f"{far}e", after[0])]
        if len(rows) == size:
            beyond.append(side_of(order, near, rows[-1]["sort"][0]))
        return {"bool": {"filter": [query, *beyond]}}

    def _opened(self, ask: Ask, query: Json) -> tuple[list[Json], bool]:
        """Read what a query finds, within the budget; give what fits, and whether that was all."""
        sort = [{OWN_TIME[ask.kind]: "desc"}]
        first = self._first(ask, query, sort)
        if first is not None:
            documents = [_document(ask.kind, hit)[1] for hit in first[: ask.budget]]
            fitting = [one for one in documents if self._fits(ask, one)]
            return fitting, len(first) <= ask.budget
        with closing(hits(self._client, self._alias(ask.kind), query, sort, _SCANNED)) as found:
            read = (_document(ask.kind, hit)[1] for hit in islice(found, ask.budget))
            documents = [one for one in read if self._fits(ask, one)]
            return documents, next(found, None) is None

    def _first(self, ask: Ask, query: Json, sort: list[Json]) -> list[Json] | None:
        """Give all of a query in one request; None where they are too many for that."""
        with mapped(f"documents of {ask.kind}"):
            answer = self._client.search(
                **self._where(ask), query=query, sort=sort, size=_SCANNED,
                track_total_hits=False,
            )  # fmt: skip
        found: list[Json] = answer["hits"]["hits"]
        return found if len(found) < _SCANNED else None

    @staticmethod
    def _fits(ask: Ask, document: Json) -> bool:
        return in_span(ask, own_time(ask.kind, document)) and holds(ask.where, document)

    def _aggregated(self, ask: Ask, found: Found, aggs: Json) -> Json:
        if not aggs:
            return {}
        with mapped(f"counts of {ask.kind}"):
            answer = self._client.search(
                **self._where(ask), query=_whole(ask, found), size=0, aggs=aggs
            )
        result: Json = answer["aggregations"]
        return result


def open_search(settings: ElasticsearchSettings) -> ElasticSearching:
    """Make a search; nothing is asked yet."""
    names = Names(settings.prefix, settings.past_days)
    return ElasticSearching(connect(settings), names)


def _whole(ask: Ask, found: Found) -> Json:
    """Find what fits and is indexed whole."""
    return {"bool": {"filter": [found.query], "must_not": [odd(ask.kind)]}}


def _odd(ask: Ask) -> Json:
    return {"bool": {"filter": [span_of(ask).query, odd(ask.kind)]}}


def _sort(order: Order) -> list[Json]:
    way = "desc" if order.descending else "asc"
    return [
        {field: {"order": way, "missing": 0} if field == order.sort else {"order": way}}
        for field in order.fields
    ]


def _document(kind: Kind, hit: Json) -> tuple[bytes, Json]:
    data = content(hit["_source"])
    document: Json = orjson.loads(data)
    if kind is not Kind.FAILURES:
        return data, document
    document.pop("place", None)
    return orjson.dumps(document), document


def _terms(field: str) -> Json:
    order = [{"_count": "desc"}, {"_key": "asc"}]
    return {"terms": {"field": field, "size": _VALUES, "shard_size": _VALUES * 5, "order": order}}


def _counts(field: str, answer: Json) -> Counter[str]:
    counts: Counter[str] = Counter()
    for bucket in answer["buckets"]:
        value: Any = bucket.get("key_as_string", bucket["key"])
        for name in reversed(field.split(".")):
            value = {name: value}
        for text in facet_texts(field, value):
            counts[text] += bucket["doc_count"]
    return counts


def _complete(answer: Json, more: bool) -> bool:
    cut = bool(answer["sum_other_doc_count"])
    return not answer["doc_count_error_upper_bound"] and not (cut and more)
