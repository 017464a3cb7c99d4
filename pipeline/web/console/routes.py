"""The routes of the console: which address gives which page, to whom, and what goes wrong."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TypeAlias
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from pipeline.access import Viewer
from pipeline.errors import StoreError
from pipeline.model import Instant
from pipeline.web.console.live import Live, Questions
from pipeline.web.console.pages import audit as audit_pages
from pipeline.web.console.pages import incident as incident_page
from pipeline.web.console.pages import objects as object_pages
from pipeline.web.console.pages import own as own_page
from pipeline.web.console.pages import queue as queue_page
from pipeline.web.console.pages.contents import contents
from pipeline.web.console.pages.dead_letters import dead_letters
from pipeline.web.console.pages.event import event
from pipeline.web.console.pages.health import health
from pipeline.web.console.pages.help import error_page, ground_page, help_page
from pipeline.web.console.pages.incidents import incidents
from pipeline.web.console.pages.notices import notice, notices, receive
from pipeline.web.console.pages.proof import proof
from pipeline.web.console.pages.report import ask_report, reported, take_report
from pipeline.web.console.pages.search import search
from pipeline.web.console.pages.statistics import statistics, statistics_csv
from pipeline.web.console.pages.step import ask_step, take_step
from pipeline.web.console.pages.unknown import unknown
from pipeline.web.console.pages.versions import versions
from pipeline.web.console.parts import Page
from pipeline.web.console.rendering import STATIC, Messages, Rendering, no_words, viewer_of
from pipeline.web.console.scene import Absent, Beside, Scene, Uploaded
from pipeline.web.console.ways import has_way, ways_of
from pipeline.web.console.words import console_texts
from pipeline.web.desk import Desk, GroundMissing
from pipeline.web.ground_cookie import keep_ground, kept_ground

Make: TypeAlias = Callable[[Scene], Page | Response]
MOST_FIELDS = 600
LONGEST_NAME = 200

PAGES: Mapping[str, Make] = {
    "/queue": queue_page.queue,
    "/own": own_page.own,
    "/incidents": incidents,
    "/search": search,
    "/unknown": unknown,
    "/notices": notices,
    "/objects": object_pages.objects,
    "/dead-letters": dead_letters,
    "/statistics": statistics,
    "/proof": proof,
    "/versions": versions,
    "/contents": contents,
    "/audit": audit_pages.audit,
    "/health": health,
    "/report": ask_report,
}
"""The pages of ``ways.WAYS``: whose role has no such way gets no such page."""
OTHERS: Mapping[str, Make] = {
    "/incidents/{id}": incident_page.incident,
    "/incidents/{id}/do/{step}": ask_step,
    "/events/{id}": event,
    "/notices/{id}": notice,
    "/objects/{id}": object_pages.object_page,
    "/report/done": reported,
    "/help": help_page,
}
"""Pages that the desk decides on."""
FORMS: Mapping[str, Make] = {
    "/incidents/{id}/do/{step}": take_step,
    "/notices/{id}/receive": receive,
    "/report": take_report,
}

_LIVE: Mapping[str, Questions] = {
    "queue": queue_page.questions,
    "incident": incident_page.questions,
    "own": own_page.questions,
}


def console_routes(
    desk: Desk,
    clock: Callable[[], Instant],
    words: Callable[[], Messages] = no_words,
    beside: Beside | None = None,
) -> list[BaseRoute]:
    """Give the routes of the console; they belong behind all others, the last one takes the rest.

    ``clock`` gives nanoseconds. ``words`` gives further words by language, context and name, such
    as a law pack's: the same object while they are the same. ``beside`` is what the desk does not
    tell. Each request carries ``request.state.viewer`` and ``request.state.csrf``; who has no
    viewer is sent to the login.
    """
    rendering = Rendering(console_texts(), words, desk.seen_as)
    console = _Console(desk, beside or Beside(), clock, rendering)
    return [
        Mount("/static", StaticFiles(directory=STATIC)),
        Route("/", console.home),
        Route("/live", console.live),
        Route("/ground", console.ground, methods=["POST"]),
        Route("/statistics.csv", console.page(statistics_csv, "/statistics")),
        *(Route(path, console.page(make, path)) for path, make in PAGES.items()),
        *(Route(path, console.page(make)) for path, make in OTHERS.items()),
        *(Route(path, console.page(make), methods=["POST"]) for path, make in FORMS.items()),
        Route("/{rest:path}", console.page(_absent), methods=["GET", "POST"]),
    ]


@dataclass(frozen=True, slots=True)
class _Console:
    """Answers requests."""

    desk: Desk
    beside: Beside
    clock: Callable[[], Instant]
    rendering: Rendering

    def page(self, make: Make, way: str = "") -> Callable[[Request], Awaitable[Response]]:
        """Give the endpoint of a page; with a ``way`` only for roles that have it."""

        async def answer(request: Request) -> Response:
            viewer = viewer_of(request)
            if viewer is None:
                return RedirectResponse(f"/login?next={quote(_here(request))}", 303)
            if way and not has_way(way, viewer.role, self.rendering.seen_as(viewer)):
                return await self._error(request, 404)
            scene = await self._scene(request, viewer)
            made = await run_in_threadpool(self._made, scene, make)
            if isinstance(made, Response):
                return made
            if isinstance(made, int):
                return await self._error(request, made)
            return await self._show(request, made, 422 if request.method == "POST" else 200)

        return answer

    def _made(self, scene: Scene, make: Make) -> Page | Response | int:
        """Make a page; a number where it cannot be: the status of the page that says so."""
        try:
            return make(scene)
        except Absent:
            return 404
        except GroundMissing:
            return ground_page(scene.words, _here(scene.request))
        except (StoreError, OSError):
            return 503

    async def home(self, request: Request) -> Response:
        """Send everybody to where they begin."""
        viewer = viewer_of(request)
        return RedirectResponse(ways_of(viewer.role)[0].path if viewer else "/login", 303)

    async def ground(self, request: Request) -> Response:
        """Keep the ground on which somebody reads, for this session of the browser."""
        viewer = viewer_of(request)
        if viewer is None:
            return RedirectResponse("/login", 303)
        form = await request.form(max_files=0, max_fields=MOST_FIELDS)
        answer = RedirectResponse(_inside(str(form.get("next", ""))), 303)
        keep_ground(request, answer, viewer, " ".join(str(form.get("ground", "")).split()))
        return answer

    async def live(self, request: Request) -> Response:
        """Stream that something changed of what a page shows."""
        viewer = viewer_of(request)
        if viewer is None:
            return Response(status_code=401)
        scene = await self._scene(request, viewer)
        try:
            watched = Live.of(scene, _LIVE)
        except Absent:
            return Response(status_code=404)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(
            watched.stream(request), media_type="text/event-stream", headers=headers
        )

    async def _scene(self, request: Request, viewer: Viewer) -> Scene:
        form: dict[str, list[str]] = {}
        files: dict[str, Uploaded] = {}
        if request.method == "POST":
            async with request.form(max_files=1, max_fields=MOST_FIELDS) as given:
                for name, value in given.multi_items():
                    if isinstance(value, str):
                        form.setdefault(name, []).append(value)
                    elif data := await value.read():  # the login's bound holds for the whole form
                        files[name] = _measured(value.filename or "", data)
        return Scene(
            request=request,
            viewer=_grounded(request, viewer),
            desk=self.desk,
            beside=self.beside,
            words=self.rendering.words(request),
            now=self.clock(),
            form=form,
            files=files,
        )

    async def _show(self, request: Request, page: Page, status: int) -> Response:
        return await run_in_threadpool(
            self.rendering, request, "page.html", {"page": page}, self.clock(), status
        )

    async def _error(self, request: Request, status: int) -> Response:
        page = error_page(self.rendering.words(request), status)
        return await self._show(request, page, status)


def plain_error(request: Request, status: int, now: Instant) -> Response:
    """Show what cannot be in the console's own words alone: also where all else broke."""
    rendering = Rendering(console_texts())
    page = error_page(rendering.words(request), status)
    return rendering(request, "page.html", {"page": page}, now, status)


def _absent(_scene: Scene) -> Page:
    raise Absent


def _grounded(request: Request, viewer: Viewer) -> Viewer:
    """Give the viewer with the ground that it said; each read is recorded with it (35(4))."""
    kept = "" if viewer.basis else kept_ground(request, viewer)
    return replace(viewer, basis=kept) if kept else viewer


def _here(request: Request) -> str:
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


def _inside(path: str) -> str:
    """Give a path of this site, "/" for what is none."""
    plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if plain and path.startswith("/") and not path.startswith("//") else "/"


def _measured(name: str, data: bytes) -> Uploaded:
    plain = "".join(one for one in name.replace("\\", "/").rpartition("/")[2] if one.isprintable())
    return Uploaded(plain[:LONGEST_NAME], sha256(data).hexdigest(), len(data), data)
