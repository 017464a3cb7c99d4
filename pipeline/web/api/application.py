"""The application behind ``/api/v1``: its ways, its errors, its description.

A login in front of it puts ``request.state.viewer`` there; without one every way answers 401.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from pipeline.errors import StoreError
from pipeline.model import Instant
from pipeline.web.api.acting import Acting
from pipeline.web.api.guarded import Guarded, known_viewer
from pipeline.web.api.limits import ApiLimits, Rates, Seats
from pipeline.web.api.lists import KINDS, Lists
from pipeline.web.api.parameters import only_known
from pipeline.web.api.problems import MEDIA_TYPE, Problem, language_of, texts
from pipeline.web.api.questions import Asking
from pipeline.web.api.shapes import ProblemShape
from pipeline.web.api.streams import Pulse, Streams
from pipeline.web.api.things import Things
from pipeline.web.caught import Caught
from pipeline.web.desk import ActRefused, BadQuestion, Desk, GroundMissing, NotAskable

PREFIX = "/api/v1"
ABOUT = """What Saqshy knows, as far as the law lets whoever asks see it.

What is denied answers as what does not exist. Every read is recorded with requester, ground and
question (Informatization Law 35(4), 55(3)(2)); a role that must say its ground sends it as
`Saqshy-Basis`, percent-encoded. Personal data is shown after several factors only (36(1))."""
_ANSWERS = (400, 401, 403, 404, 413, 422, 429, 503)


def api_app(desk: Desk, now: Callable[[], Instant], limits: ApiLimits | None = None) -> FastAPI:
    """Build the application; ``now`` gives nanoseconds."""
    bounds = limits or ApiLimits()
    texts()  # an incomplete catalog is told at start
    body = {"model": ProblemShape, "content": {MEDIA_TYPE: {}}}
    app = FastAPI(
        dependencies=[Depends(only_known)],
        title="Saqshy", version="1", description=ABOUT, docs_url=None, redoc_url=None,
        servers=[{"url": PREFIX}], root_path_in_servers=False,
        responses={status: {"description": "A problem.", **body} for status in _ANSWERS},
        middleware=[
            Middleware(Guarded, limits=bounds, rates=Rates(bounds, now), clock=now),
            Middleware(Caught, answer=problem_of),
        ],
        exception_handlers=_handlers(),
    )  # fmt: skip
    streams = Streams(
        desk, bounds, Seats(bounds.streams, bounds.streams_each), Pulse(desk, bounds.look_seconds)
    )
    lists = Lists(desk, now, Seats(bounds.exports, bounds.exports), streams)
    for kind in KINDS:
        app.include_router(lists.routes(kind))
    app.include_router(Things(desk).routes())
    app.include_router(Acting(desk).routes())
    return app


def _handlers() -> dict[Any, Any]:
    return {
        Asking: lambda request, error: _told(request, error.problem),
        ActRefused: lambda request, error: _told(
            request, Problem("refused", more=(("problems", list(error.problems)),))
        ),
        GroundMissing: partial(_named, "ground-missing"),
        NotAskable: lambda request, error: _told(request, Problem("bad-question", str(error))),
        BadQuestion: lambda request, error: _told(request, Problem("bad-question", str(error))),
        RequestValidationError: _invalid,
        StoreError: partial(_named, "unavailable"),
        OSError: partial(_named, "unavailable"),
        HTTPException: _of_http,
    }


def _told(request: Request, problem: Problem) -> Response:
    viewer = known_viewer(request.scope)
    return problem.answer(language_of(request.headers, viewer.language if viewer else ""))


def _named(name: str, request: Request, _error: Exception) -> Response:
    return _told(request, Problem(name))


def _invalid(request: Request, error: RequestValidationError) -> Response:
    """Name what does not fit, and never the values."""
    problems = [
        {"place": ".".join(map(str, one["loc"])), "problem": str(one["msg"])}
        for one in error.errors()
    ]
    return _told(request, Problem("invalid", more=(("problems", problems[:20]),)))


def _of_http(request: Request, error: HTTPException) -> Response:
    names = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}
    return _told(request, Problem(names.get(error.status_code, "invalid")))


def problem_of(request: Request, error: Exception) -> Response:
    """Answer to what broke; of it nothing is told but whether the store is away."""
    away = isinstance(error, StoreError | OSError)
    return _told(request, Problem("unavailable" if away else "failed"))
