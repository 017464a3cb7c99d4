"""The pages on which an administrator keeps accounts: the list, one account, what is handed over.

Whoever is no administrator, or has shown one factor only, finds no such page. What is handed over
is shown once, in the answer to the form that asked for it, and never kept in clear.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from pipeline.access import Role, Viewer
from pipeline.errors import LoginRefused
from pipeline.ports.accounts import Account
from pipeline.web.login.keeping import LONGEST, SHORTEST, Handed, Keeping, Wanted
from pipeline.web.login.pages import Pages

PATH = "/login/accounts"
MOST_FIELDS = 50


@dataclass(frozen=True, slots=True)
class AccountPages:
    """Shows and changes accounts."""

    pages: Pages

    @property
    def _keeping(self) -> Keeping:
        entrance = self.pages.entrance
        return Keeping(entrance.store, entrance.passwords, entrance.heard)

    async def list(self, request: Request) -> Response:
        """List the accounts, and take a new one in."""
        viewer = _let(request)
        if request.method == "GET":
            return await self._listed(request)
        async with request.form(max_files=0, max_fields=MOST_FIELDS) as form:
            wanted, reason = _wanted(form), _one(form, "reason")
        return await self._done(
            request,
            lambda: self._keeping.add(wanted, viewer.actor, reason, self.pages.clock()),
            lambda refused: self._listed(request, refused, wanted, reason),
        )

    async def one(self, request: Request) -> Response:
        """Show one account, and change it."""
        viewer, name = _let(request), str(request.path_params["name"])
        if request.method == "GET":
            return await self._shown(request, name)
        async with request.form(max_files=0, max_fields=MOST_FIELDS) as form:
            what, reason = _one(form, "do"), _one(form, "reason")
        keeping, now, actor = self._keeping, self.pages.clock(), viewer.actor
        changes: dict[str, Callable[[], Handed | None]] = {
            "disable": lambda: keeping.disable(name, actor, reason, now),
            "enable": lambda: keeping.enable(name, actor, reason),
            "reset": lambda: keeping.reset(name, actor, reason, now),
            "password": lambda: keeping.reset(name, actor, reason, now, password=True),
        }
        if what not in changes:
            raise HTTPException(404)
        return await self._done(
            request, changes[what], lambda refused: self._shown(request, name, refused, reason)
        )

    async def _done(
        self, request: Request, change: Callable[[], Handed | None], again: Callable[[str], Any]
    ) -> Response:
        """Make a change; show what is to be handed over, or what stands against it."""
        try:
            handed = await run_in_threadpool(change)
        except LoginRefused as error:
            shown: Response = await again(str(error))
            return shown
        if handed is not None and (handed.password or handed.code):
            return self.pages.show(request, "handed", handed=handed)
        return RedirectResponse(request.url.path, 303)

    async def _listed(
        self, request: Request, refused: str = "", wanted: Wanted | None = None, reason: str = ""
    ) -> Response:
        accounts = await run_in_threadpool(self.pages.entrance.store.accounts)
        return self.pages.show(
            request, "accounts", 422 if refused else 200, accounts=map(_row, accounts),
            roles=[one.value for one in Role], refused=refused,
            wanted=wanted or Wanted("", ()), reason=reason, shortest=SHORTEST, longest=LONGEST,
        )  # fmt: skip

    async def _shown(
        self, request: Request, name: str, refused: str = "", reason: str = ""
    ) -> Response:
        store = self.pages.entrance.store
        account = await run_in_threadpool(store.account, name)
        if account is None:
            raise HTTPException(404)
        sessions = await run_in_threadpool(store.sessions, name)
        tokens = [one for one in await run_in_threadpool(store.tokens, name) if not one.revoked]
        return self.pages.show(
            request, "account_one", 422 if refused else 200, one=_row(account),
            own=name == _let(request).subject, sessions=len(sessions), tokens=len(tokens),
            refused=refused, reason=reason, shortest=SHORTEST, longest=LONGEST,
        )  # fmt: skip


def account_routes(pages: Pages) -> list[BaseRoute]:
    """Give the routes of keeping accounts."""
    made = AccountPages(pages)
    return [
        Route(PATH, made.list, methods=["GET", "POST"]),
        Route(f"{PATH}/{{name}}", made.one, methods=["GET", "POST"]),
    ]


def _let(request: Request) -> Viewer:
    """Give the administrator who asks; for everybody else there is no such page."""
    viewer: Viewer | None = request.state.viewer
    if viewer is None or request.state.login is None:
        raise HTTPException(303, headers={"location": f"/login?next={PATH}"})
    if viewer.role is not Role.ADMINISTRATOR or not viewer.multi_factor:
        raise HTTPException(404)
    return viewer


def _row(account: Account) -> dict[str, Any]:
    """Write an account for the pages: which ways in there are, never what they are."""
    waits = bool(account.password and not account.one_time)
    return {
        "name": account.name,
        "roles": account.roles,
        "parties": account.parties,
        "sectors": account.sectors,
        "ways": account.ways,
        "password": bool(account.password),
        "state": "disabled" if account.disabled else "enrols" if waits else "in use",
        "disabled": account.disabled,
    }


def _wanted(form: FormData) -> Wanted:
    return Wanted(
        name=_one(form, "name").casefold(),
        roles=[str(one) for one in form.getlist("roles")],
        parties=_several(form, "parties"),
        sectors=_several(form, "sectors"),
        password=_one(form, "way") != "other",
        provider=_one(form, "provider"),
        certificates=_several(form, "certificates"),
    )


def _one(form: FormData, name: str) -> str:
    found = form.get(name, "")
    return found.strip() if isinstance(found, str) else ""


def _several(form: FormData, name: str) -> list[str]:
    """Read names that stand apart by spaces or commas."""
    return _one(form, name).replace(",", " ").split()
