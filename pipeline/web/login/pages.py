"""The pages of the entrance: name and password, second factor, role, password, sessions."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from pipeline.errors import LoginRefused
from pipeline.model import NANOSECONDS, Instant
from pipeline.notify.texts import LANGUAGES, Texts, read_texts
from pipeline.ports.accounts import Pending, Session
from pipeline.ports.identity import IdentityProvider
from pipeline.web.login.entrance import ENROL, GLASS_ROLES, ONE_TIME, Entrance, Opened
from pipeline.web.login.gate import Door
from pipeline.web.login.passwords import password_problems
from pipeline.web.login.sealing import digest, fresh
from pipeline.web.status_words import spoken

_HERE = Path(__file__).parent
LANGUAGE = "saqshy_language"  # the cookie in which the console keeps what was chosen there
_UNDER_WAY = 600 * NANOSECONDS  # a login at the provider takes no longer


@dataclass(frozen=True)
class Pages:
    """Everything that the pages are made from."""

    entrance: Entrance
    door: Door
    clock: Callable[[], Instant]
    provider: IdentityProvider | None = None

    @cached_property
    def texts(self) -> Texts:
        """Read the catalogs, once."""
        return read_texts(_HERE / "locale")

    @cached_property
    def templates(self) -> Environment:
        """Give the templates: everything escaped, nothing that is missing passed over."""
        return Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def show(self, request: Request, name: str, status: int = 200, **values: Any) -> Response:
        """Show a page in the language of the address, the console's choice, or the browser's."""
        wanted = request.query_params.get("lang", "") or request.cookies.get(LANGUAGE, "")
        language = spoken(wanted, request.headers.get("accept-language", ""))
        body = self.templates.get_template(f"{name}.html").render(
            say=lambda text, **held: self.texts.say(language, "login", text, **held),
            language=language,
            languages=LANGUAGES,
            csrf=request.state.csrf,
            through=self._through(request, language),
            path=request.url.path,
            next=_inside(request.query_params.get("next", "")),
            **values,
        )
        answer = HTMLResponse(body, status)
        answer.headers["content-language"] = language
        answer.headers["cache-control"] = "no-store"
        return answer

    def _through(self, request: Request, language: str) -> str:
        """Tell until when somebody sees through broken glass; "" where nobody does."""
        viewer = request.state.viewer
        until = viewer.broke_glass if viewer is not None else 0
        return self.texts.when(language, until) if until else ""

    async def name(self, request: Request) -> Response:
        """Ask for name and password."""
        if request.state.viewer is not None and request.method == "GET":
            return RedirectResponse(_inside(request.query_params.get("next", "")), 303)
        if request.method == "GET":
            return self._ask_name(request)
        form = await request.form()
        opened = await run_in_threadpool(
            self.entrance.log_in,
            str(form.get("name", "")),
            str(form.get("password", "")),
            _address(request),
            self.clock(),
        )
        if opened is None:
            return self._ask_name(request, 401, wrong=True)
        return self._in(request, opened, str(form.get("next", "")))

    async def code(self, request: Request) -> Response:
        """Ask for the second factor."""
        session = _waiting(request, ONE_TIME)
        if session is None:
            return RedirectResponse("/login", 303)
        if request.method == "GET":
            return self.show(request, "code", wrong=False)
        form = await request.form()
        opened = await run_in_threadpool(
            self.entrance.second, session, str(form.get("code", "")), self.clock()
        )
        if opened is None:
            return self.show(request, "code", 401, wrong=True)
        return self._in(request, opened, str(form.get("next", "")))

    async def enrol(self, request: Request) -> Response:
        """Enrol an authenticator: show its key once, and take it into use by a code of it."""
        session = _waiting(request, ENROL)
        if session is None:
            return RedirectResponse("/login", 303)
        if request.method == "GET":
            return self._ask_enrolment(request, session, "")
        form = await request.form()
        sealed = str(form.get("sealed", ""))
        try:
            done = await run_in_threadpool(
                self.entrance.enrol, session, sealed, str(form.get("code", "")), self.clock()
            )
        except LoginRefused:
            return RedirectResponse("/login/enrol", 303)
        if done is None:
            return self._ask_enrolment(request, session, sealed, 401)
        request.state.opened = done[0]
        request.state.csrf = self.entrance.sealing.form_token(done[0].session.family)
        return self.show(request, "recovery", codes=done[1])

    async def account(self, request: Request) -> Response:
        """Show one's own account: role, password, sessions."""
        if request.state.viewer is None or request.state.login is None:
            return RedirectResponse("/login?next=/login/account", 303)
        return await self._account(request)

    async def role(self, request: Request) -> Response:
        """Act in another role."""
        return await self._changed(
            request,
            lambda session, form: self.entrance.choose(session, form("role"), self.clock()),
        )

    async def glass(self, request: Request) -> Response:
        """Break the glass, for a reason."""
        return await self._changed(
            request,
            lambda session, form: self.entrance.break_glass(session, form("reason"), self.clock()),
        )

    async def glass_end(self, request: Request) -> Response:
        """See no more than one's own role does; where that is so already, too."""

        def ended(session: Session, _form: Callable[[str], str]) -> Opened | None:
            return self.entrance.end_glass(session, self.clock()) or Opened(session)

        return await self._changed(request, ended)

    async def password(self, request: Request) -> Response:
        """Change one's password."""

        def changed(session: Session, form: Callable[[str], str]) -> Opened | None:
            if any(password_problems(form("new"), session.account)) or form("new") != form("again"):
                return None
            return self.entrance.change_password(session, form("old"), form("new"), self.clock())

        return await self._changed(request, changed)

    async def end(self, request: Request) -> Response:
        """End one of one's own sessions."""

        def ended(session: Session, form: Callable[[str], str]) -> Opened | None:
            for one in self.entrance.store.sessions(session.account):
                if digest(one.family) == form("session"):
                    self.entrance.log_out(one)
            return Opened(session)

        return await self._changed(request, ended)

    async def leave(self, request: Request) -> Response:
        """Log out."""
        if request.state.login is not None:
            await run_in_threadpool(self.entrance.log_out, request.state.login)
        request.state.left = True
        answer = RedirectResponse("/login", 303)
        answer.headers["clear-site-data"] = '"cache", "storage"'
        return answer

    async def away(self, request: Request) -> Response:
        """Send a browser to the provider."""
        if self.provider is None:
            return RedirectResponse("/login", 303)
        state, nonce, verifier, now = fresh(), fresh(), fresh(), self.clock()
        ends, then = now + _UNDER_WAY, _inside(request.query_params.get("next", ""))
        pending = Pending(digest(state), request.state.csrf, nonce, verifier, then, ends)
        try:
            address = await run_in_threadpool(self.provider.address, state, nonce, verifier)
        except LoginRefused as error:
            self.entrance.heard("provider_silent", "", str(error))
            return self._ask_name(request, 502, away=True)
        await run_in_threadpool(self.entrance.store.begin, pending)
        return RedirectResponse(address, 303)

    async def back(self, request: Request) -> Response:
        """Hear whom the provider vouches for: of a login that this very browser began."""
        asked, now = request.query_params, self.clock()
        pending = await run_in_threadpool(self.entrance.store.take, digest(asked.get("state", "")))
        fits = pending is not None and pending.browser == request.state.csrf
        if self.provider is None or pending is None or not fits or pending.ends_at < now:
            return self._ask_name(request, 401, wrong=True)
        try:
            by = await run_in_threadpool(
                self.provider.vouch, asked.get("code", ""), pending.nonce, pending.verifier, now
            )
            opened = await run_in_threadpool(self.entrance.vouched, by, _address(request), now)
        except LoginRefused as error:
            self.entrance.heard("login_failed", "", str(error))
            return self._ask_name(request, 401, wrong=True)
        return self._in(request, opened, pending.next)

    def _ask_name(
        self, request: Request, status: int = 200, *, wrong: bool = False, away: bool = False
    ) -> Response:
        provider = self.provider is not None
        return self.show(request, "name", status, wrong=wrong, away=away, provider=provider)

    def _ask_enrolment(
        self, request: Request, session: Session, sealed: str, status: int = 200
    ) -> Response:
        made, kept = self.entrance.enrolment(session, sealed)
        picture = segno.make(made.address, error="m").svg_data_uri(scale=5, border=4)
        spaced = " ".join(made.key[at : at + 4] for at in range(0, len(made.key), 4))
        wrong = status != 200
        return self.show(
            request, "enrol", status, picture=picture, key=spaced, sealed=kept, wrong=wrong
        )

    async def _account(self, request: Request, status: int = 200) -> Response:
        viewer, session = request.state.viewer, request.state.login
        store = self.entrance.store
        account = await run_in_threadpool(store.account, viewer.subject)
        if account is None:
            return RedirectResponse("/login", 303)
        every = await run_in_threadpool(store.sessions, viewer.subject)
        rows = [
            {
                "id": digest(one.family),
                "address": one.address,
                "began": self.texts.when("en", one.began_at),
                "seen": self.texts.when("en", one.seen_at),
                "own": one.family == session.family,
            }
            for one in every
        ]
        return self.show(
            request, "account", status, viewer=viewer, roles=account.roles, sessions=rows,
            local=bool(account.password), refused=status != 200,
            glass=viewer.role in GLASS_ROLES and viewer.multi_factor, broken=viewer.broke_glass > 0,
        )  # fmt: skip

    async def _changed(
        self,
        request: Request,
        change: Callable[[Session, Callable[[str], str]], Opened | None],
    ) -> Response:
        session = request.state.login
        if request.state.viewer is None or session is None:
            return RedirectResponse("/login", 303)
        form = await request.form()
        opened = await run_in_threadpool(change, session, lambda name: str(form.get(name, "")))
        if opened is None:
            return await self._account(request, 422)
        request.state.opened = opened
        return RedirectResponse("/login/account", 303)

    def _in(self, request: Request, opened: Opened, then: str) -> Response:
        request.state.opened = opened
        step = opened.session.step
        where = {ONE_TIME: "/login/code", ENROL: "/login/enrol"}.get(step, _inside(then))
        if step and _inside(then) != "/":
            where += f"?next={_inside(then)}"
        return RedirectResponse(where, 303)


def login_routes(pages: Pages) -> list[BaseRoute]:
    """Give the routes of the entrance, all under /login."""

    def route(path: str, page: Callable[[Request], Awaitable[Response]], *methods: str) -> Route:
        return Route(f"/login{path}", page, methods=list(methods) or ["GET", "POST"])

    return [
        route("", pages.name),
        route("/code", pages.code),
        route("/enrol", pages.enrol),
        route("/account", pages.account, "GET"),
        route("/role", pages.role, "POST"),
        route("/glass", pages.glass, "POST"),
        route("/glass/end", pages.glass_end, "POST"),
        route("/password", pages.password, "POST"),
        route("/end", pages.end, "POST"),
        route("/leave", pages.leave, "POST"),
        route("/provider", pages.away, "GET"),
        route("/back", pages.back, "GET"),
        Mount("/login/static", StaticFiles(directory=_HERE / "static")),
    ]


def _waiting(request: Request, step: str) -> Session | None:
    session: Session | None = request.state.login
    return session if session is not None and session.step == step else None


def _inside(path: str) -> str:
    """Give a path of this site; "/" for whatever is none, so that no link leads elsewhere."""
    parts = urlsplit(path)
    plain = path.isascii() and path.isprintable() and "\\" not in path and len(path) < 2000
    good = plain and path.startswith("/") and not path.startswith("//")
    return path if good and not parts.netloc and not parts.scheme else "/"


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
