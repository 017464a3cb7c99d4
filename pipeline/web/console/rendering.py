"""Pages from templates: everything that comes from elsewhere is escaped, whatever it holds.

Values of texts are made visible first (``markup.visible``), then escaped; only markup that this
program made passes as it is. There is no inline script or style: the policy of the headers says so
to the browser, too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pipeline.access import Role, Viewer
from pipeline.notify.texts import Texts
from pipeline.web.console.moments import Moments
from pipeline.web.console.ways import ways_of
from pipeline.web.console.words import Words, spoken
from pipeline.web.markup import Html, visible

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
LANGUAGES = (("kk", "ҚАЗ", "Қазақша"), ("ru", "РУС", "Русский"), ("en", "ENG", "English"))
THEMES = ("auto", "light", "dark")
COOKIES = {"lang": "saqshy_language", "theme": "saqshy_theme", "keys": "saqshy_keys"}
_YEAR = 365 * 86_400
Messages: TypeAlias = Mapping[str, Mapping[tuple[str, str], str]]
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody wants pages: the language, the theme, and whether single keys do something."""

    language: str
    theme: str
    keys: str


_NONE: Messages = {}


def no_words() -> Messages:
    """Give no words beside the console's own."""
    return _NONE


def own_role(viewer: Viewer) -> Role:
    """Give the role in which somebody acts."""
    return viewer.role


@dataclass(slots=True)
class Rendering:
    """Writes pages in the language and for the viewer of a request.

    ``further`` gives words beside the console's own: the same object while they are the same.
    ``seen_as`` gives the role whose pages a viewer has beside its own.
    """

    own: Texts
    further: Callable[[], Messages] = no_words
    seen_as: Callable[[Viewer], Role] = own_role
    _made: tuple[Messages, Texts] | None = None

    @property
    def texts(self) -> Texts:
        """Give the words of all languages."""
        words, made = self.further(), self._made
        if made is None or made[0] is not words:
            self._made = made = (words, self.own.beside(words))
        return made[1]

    def words(self, request: Request) -> Words:
        """Give the words of the language in which a request is answered."""
        return Words(self.texts, look_of(request).language)

    def __call__(
        self,
        request: Request,
        template: str,
        values: Mapping[str, Any],
        now: int,
        status: int = 200,
    ) -> Response:
        """Write a page; what a query asks of language, theme and keys is kept in cookies."""
        look = look_of(request)
        words = Words(self.texts, look.language)
        viewer = viewer_of(request)
        text = (
            _environment()
            .get_template(template)
            .render(
                **values,
                t=words,
                look=look,
                viewer=viewer,
                ways=ways_of(viewer.role, self.seen_as(viewer)) if viewer else (),
                here=request.url.path,
                csrf=getattr(request.state, "csrf", ""),
                now=now,
                at=Moments(words, now),
                languages=LANGUAGES,
                themes=[
                    (one, words(f"theme.{one}"), words(f"theme.{one}.whole")) for one in THEMES
                ],
                with_query=lambda name, value: with_query(request, {name: value}),
            )
        )
        response = HTMLResponse(text, status, headers=HEADERS)
        _keep(request, response)
        return response


def look_of(request: Request) -> Look:
    """Read how pages are wanted: the query first, then cookies, then viewer and browser."""
    viewer = viewer_of(request)
    query, kept = request.query_params, request.cookies
    theme = query.get("theme") or kept.get(COOKIES["theme"], "")
    keys = query.get("keys") or kept.get(COOKIES["keys"], "")
    return Look(
        spoken(
            query.get("lang", ""),
            kept.get(COOKIES["lang"], ""),
            viewer.language if viewer else "",
            request.headers.get("accept-language", ""),
        ),
        theme if theme in THEMES else THEMES[0],
        "off" if keys == "off" else "on",
    )


def viewer_of(request: Request) -> Viewer | None:
    """Give who looks; None before a login."""
    found = getattr(request.state, "viewer", None)
    return found if isinstance(found, Viewer) else None


def with_query(request: Request, changed: Mapping[str, str | None]) -> str:
    """Give the page's own address with some of its query changed; None takes a part away.

    A page that came as the answer to a form has no address of its own: the language of such a one
    is switched on the page that its form stood on.
    """
    pairs = [
        (name, value) for name, value in request.query_params.multi_items() if name not in changed
    ]
    pairs += [(name, value) for name, value in changed.items() if value is not None]
    return f"{request.url.path}?{urlencode(pairs)}" if pairs else request.url.path


def static_path(name: str) -> str:
    """Give the address of a static file, which names its content: it may be kept for ever."""
    return f"/static/{name}?v={_digest(name)}"


@lru_cache
def _digest(name: str) -> str:
    return sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def _keep(request: Request, response: Response) -> None:
    for name, cookie in COOKIES.items():
        value = request.query_params.get(name, "")
        known = {"lang": [one for one, _, _ in LANGUAGES], "theme": THEMES, "keys": ("on", "off")}
        if value in known[name]:
            response.set_cookie(
                cookie, value, max_age=_YEAR, httponly=True, samesite="lax",
                secure=request.url.scheme == "https",
            )  # fmt: skip


def _finalized(value: object) -> object:
    """Make a value ready for escaping: ours passes, a text shows what it hides."""
    if value is None:
        return ""
    if isinstance(value, Html):
        return Markup(value)  # noqa: S704 (escaped by construction)
    return value if hasattr(value, "__html__") else visible(str(value))


def _plain(text: str) -> Markup:
    """Escape what stands in a field of several lines, with its line ends."""
    return escape("\n".join(visible(one) for one in text.splitlines()))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["static"] = static_path
    made.filters["plain"] = _plain
    return made
