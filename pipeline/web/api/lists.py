"""Lists of the kinds that are kept: pages, counts, facets, histograms, exports, live."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pipeline.model import NANOSECONDS, Instant, Json, rfc3339
from pipeline.ports.search_fields import fields_of
from pipeline.ports.searching import Kind
from pipeline.web.api.answers import answered, csv_lines, ndjson_lines
from pipeline.web.api.guarded import client_of, viewer_of
from pipeline.web.api.limits import Seats
from pipeline.web.api.problems import Problem
from pipeline.web.api.questions import Asking, Question, names
from pipeline.web.api.shapes import CountShape, FacetsShape, HistogramShape, PageShape, RowShape
from pipeline.web.api.streams import Streams
from pipeline.web.desk import Desk
from pipeline.web.row_ids import OF_EVENTS
from pipeline.web.sighted import MOST_ROWS

MOST_FACETS = 10
KINDS = (Kind.EVENTS, Kind.FINDINGS, Kind.INCIDENTS, Kind.NOTICES, Kind.AUDIT, Kind.FAILURES)
RowId = Annotated[
    str,
    Path(min_length=1, max_length=300, description=f"A row's `id`; of an event {OF_EVENTS}."),
]
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS)]
Cursor = Annotated[str, Query(max_length=4_096, description="`after` of the page before.")]


@dataclass(frozen=True, slots=True)
class Lists:
    """Routes of one kind. ``exports`` are the seats of exports, ``streams`` the live lists."""

    desk: Desk
    now: Callable[[], Instant]
    exports: Seats
    streams: Streams

    def routes(self, kind: Kind) -> APIRouter:
        """Give the ways of a kind."""
        router = APIRouter(prefix=f"/{kind.value}", tags=[kind.value])
        named = f"{kind.value}_"
        for path, way, shape, name in (
            ("", self._page, PageShape, "page"),
            ("/count", self._count, CountShape, "count"),
            ("/facets", self._facets, FacetsShape, "facets"),
            ("/histogram", self._histogram, HistogramShape, "histogram"),
        ):
            router.add_api_route(
                path, way(kind), methods=["GET"], response_model=shape, operation_id=named + name
            )
        lines: dict[int | str, dict[str, Any]] = {
            200: {"content": {"application/x-ndjson": {}, "text/csv": {}}}
        }
        router.add_api_route(
            "/export", self._export(kind), methods=["GET"], responses=lines,
            response_class=StreamingResponse, operation_id=f"{named}export",
        )  # fmt: skip
        router.add_api_route(
            "/live", self._live(kind), methods=["GET"],
            responses={200: {"content": {"text/event-stream": {}}}},
            response_class=StreamingResponse, operation_id=f"{named}live",
        )  # fmt: skip
        router.add_api_route(
            "/{row_id}", self._one(kind), methods=["GET"], response_model=RowShape,
            operation_id=f"{named}one",
        )  # fmt: skip
        return router

    def _page(self, kind: Kind) -> Callable[..., Response]:
        def page(
            request: Request, asks: Question, cursor: Cursor = "", limit: Limit = 50
        ) -> Response:
            """Give a page: newest first, or by `sort`."""
            asked = asks.asked(kind, self.now(), cursor=cursor, limit=limit)
            found = self.desk.page(viewer_of(request), asked)
            body = {"rows": found.rows, "after": found.after, "complete": found.complete}
            return answered(request, body)

        return page

    def _count(self, kind: Kind) -> Callable[..., Response]:
        def count(request: Request, asks: Question) -> Response:
            """Count what the question finds; at least so many where it is not exact."""
            found = self.desk.count(viewer_of(request), asks.asked(kind, self.now()))
            return answered(request, {"value": found.value, "exact": found.exact})

        return count

    def _facets(self, kind: Kind) -> Callable[..., Response]:
        def facets(
            request: Request,
            asks: Question,
            fields: Annotated[str, Query(max_length=2_000)],
            most: Annotated[int, Query(ge=1, le=100)] = 20,
        ) -> Response:
            """Count the values of fields, over the rows that show them."""
            wanted = names(fields, MOST_FACETS)
            asked = asks.asked(kind, self.now())
            found = self.desk.facets(viewer_of(request), asked, wanted, most)
            values = {
                name: [{"value": value, "count": count} for value, count in counts]
                for name, counts in found.of.items()
            }
            return answered(request, {"facets": values, "exact": found.exact})

        return facets

    def _histogram(self, kind: Kind) -> Callable[..., Response]:
        def histogram(
            request: Request,
            asks: Question,
            step: Annotated[int, Query(ge=1, le=366 * 86_400, description="Seconds.")] = 3_600,
        ) -> Response:
            """Count by time."""
            asked = asks.asked(kind, self.now())
            found = self.desk.histogram(viewer_of(request), asked, step * NANOSECONDS)
            buckets = [{"begin": rfc3339(at), "count": count} for at, count in found.buckets]
            return answered(request, {"buckets": buckets, "exact": found.exact})

        return histogram

    def _one(self, kind: Kind) -> Callable[..., Response]:
        def one(request: Request, row_id: RowId) -> Response:
            """Give one document."""
            found = self.desk.one(viewer_of(request), kind, row_id)
            if found is None:
                raise Asking(Problem("not-found"))
            return answered(request, found)

        return one

    def _export(self, kind: Kind) -> Callable[..., Response]:
        def export(
            request: Request,
            asks: Question,
            format: Annotated[Literal["ndjson", "csv"], Query()] = "ndjson",  # noqa: A002 (its name)
            fields: Annotated[
                str, Query(max_length=4_000, description="Columns of the CSV; default: the listed.")
            ] = "",
        ) -> Response:
            """Give every row that the question finds, streamed."""
            viewer = viewer_of(request)
            columns = names(fields, 100) if fields else _columns(kind)
            asked = asks.asked(kind, self.now())
            found = self.desk.export(viewer, asked)
            if not self.exports.take(client_of(viewer)):
                raise Asking(Problem("too-many", headers=(("retry-after", "10"),)))
            rows = _given(found)
            self.exports.until_gone(rows, client_of(viewer))
            lines = csv_lines(rows, columns) if format == "csv" else ndjson_lines(rows)
            media = "text/csv; charset=utf-8" if format == "csv" else "application/x-ndjson"
            name = f'attachment; filename="{kind.value}.{format}"'
            return StreamingResponse(lines, media_type=media, headers={"content-disposition": name})

        return export

    def _live(self, kind: Kind) -> Callable[..., Response]:
        def live(request: Request, asks: Question, limit: Limit = 50) -> Response:
            """Give the first page, and again whenever it changes, as server-sent events."""
            asked = asks.asked(kind, self.now(), limit=limit)
            return self.streams.answer(viewer_of(request), asked, request.headers)

        return live


def _columns(kind: Kind) -> tuple[str, ...]:
    """Give the columns of a kind's table where nobody names any; a row's id is the first."""
    return (*(("id",) if kind is Kind.EVENTS else ()), *fields_of(kind))


def _given(rows: Iterator[Json]) -> Iterator[Json]:
    """Give rows through a generator of its own, which holds the export's seat."""
    yield from rows
