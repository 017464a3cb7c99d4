"""A console over the small centre of ``tests.web.desks``, entered as anybody, without a login."""

from collections.abc import Sequence
from dataclasses import replace

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.access import Role, Viewer
from pipeline.model import Json
from pipeline.runtime.web_console import PackWords
from pipeline.web.console import Beside, console_routes
from pipeline.web.console.routes import FORMS, OTHERS, PAGES
from tests.connectors.stores import nouns
from tests.web.desks import HOSTILE, NUMBERS, Centre, centre, incident_of, viewer

__all__ = ["CSRF", "addresses", "browser", "centre", "console"]

CSRF = "csrf-of-the-session"


class Entered:
    """Puts a viewer into the state of every request, as the login does."""

    def __init__(self, app: ASGIApp, viewer: Viewer | None) -> None:
        self._app, self._viewer = app, viewer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through."""
        scope["state"] = {**scope.get("state", {}), "viewer": self._viewer, "csrf": CSRF}
        await self._app(scope, receive, send)


def console(made: Centre, who: Viewer | None, beside: Beside | None = None) -> Starlette:
    """Make the console of a centre for one viewer."""
    words = PackWords(made.desk, made.stores, made.clock)
    routes = console_routes(made.desk, made.clock, words, beside or hostile_beside())
    return Starlette(routes=routes, middleware=[Middleware(Entered, viewer=who)])


def browser(made: Centre, role: Role | None, language: str = "en") -> TestClient:
    """Give a browser of somebody of a role."""
    who = replace(viewer(role), language=language) if role is not None else None
    return TestClient(console(made, who), follow_redirects=False)


def hostile_beside() -> Beside:
    """Tell beside the desk's rows what an attacker would."""
    at = "2026-03-01T00:00:00Z"
    duty = {"id": HOSTILE, "state": "overdue", "due_at": at, "basis": HOSTILE, "set_by": HOSTILE}
    change = {"recorded_at": at, "valid_from": at, "actor": HOSTILE, "reason": HOSTILE,
              "fields": [{"path": HOSTILE, "before": HOSTILE, "after": HOSTILE}]}  # fmt: skip
    clock: Json = {
        "duty_of": "holder", "leg": HOSTILE, "due_at": at, "begins_at": at, "basis": HOSTILE,
        "recipient": {"role": HOSTILE, "party_id": HOSTILE}, "missing": HOSTILE,
        "set_by": "statute",
    }  # fmt: skip
    source = {"source_id": HOSTILE, "object_id": HOSTILE, "kind": HOSTILE, "trouble": HOSTILE}
    return Beside(
        duties=lambda _object: [duty],
        clocks=lambda _incident: [clock, {**clock, "due_at": None}],
        changes=lambda _object: [change],
        health=lambda: {"sources": [source], "state": {"alarms": HOSTILE}},
    )


def addresses(made: Centre) -> Sequence[str]:
    """Give an address of every page there is, with things of the centre."""
    names = {"plain": incident_of("plain"), "candidate": incident_of("candidate")}
    found = [*PAGES]
    for path in {*OTHERS, *FORMS}:
        if "{step}" in path:
            steps = ("close", "decide", "task", "correct", "link", "note")
            found += [path.format(id=names["plain"], step=step) for step in steps]
        elif path.startswith("/incidents"):
            found += [path.format(id=name) for name in names.values()]
        elif path.startswith("/events"):
            found.append(path.format(id=_event(made)))
        elif path.startswith("/notices"):
            found += [path.format(id="notice-plain-ncc"), path.format(id="notice-plain-holder")]
        elif path.startswith("/objects"):
            found.append(path.format(id="plain"))
        else:
            found.append(path)
    return sorted({*found, "/audit?verify=yes", "/search?kind=findings&span=all", "/nowhere"})


def _event(made: Centre) -> str:
    batch = nouns.batch(NUMBERS["plain"], object_id="plain")
    found = made.stores.events.of_batch(batch.id)
    assert found
    return f"{batch.id}-0"
