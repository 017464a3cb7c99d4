"""The ground on which somebody reads, kept in the browser for one session, account and role.

A ground is said for each read (Informatization Law 35(4)): what one person said is nobody else's.
So the cookie bears whose it is, and counts for nothing before anybody else.
"""

from hashlib import sha256
from hmac import compare_digest
from urllib.parse import quote, unquote

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response

from pipeline.access import Viewer
from pipeline.web.recorded import SHORTEST_GROUND

COOKIE = "saqshy_ground"
LONGEST = 500


def keep_ground(request: Request, response: Response, viewer: Viewer, ground: str) -> None:
    """Keep what a viewer said, where it can be a ground, until its session is over."""
    if len(ground) < SHORTEST_GROUND or not ground.isprintable():
        return
    response.set_cookie(
        COOKIE, f"{_whose(viewer)}.{quote(ground[:LONGEST], safe='')}", httponly=True,
        samesite="lax", secure=request.url.scheme == "https",
    )  # fmt: skip


def kept_ground(request: Request, viewer: Viewer) -> str:
    """Give what this viewer said in this session and role; "" where another did, or nobody."""
    whose, _, said = request.cookies.get(COOKIE, "").partition(".")
    if not compare_digest(whose.encode(), _whose(viewer).encode()):
        return ""
    ground = unquote(said)[:LONGEST]
    return ground if ground.isprintable() else ""


def forget_ground(headers: MutableHeaders) -> None:
    """Take it out of the browser: whoever comes next is asked anew."""
    headers.append("set-cookie", f"{COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")


def _whose(viewer: Viewer) -> str:
    """Name session, role and account, so that no name says more than that it is the same one."""
    return sha256(f"{viewer.session}\n{viewer.actor}".encode()).hexdigest()
