"""The reference receiver of the coordination centre: its ways in, and its page for people.

The connection is mutual TLS, so that nobody without a certificate of our CA gets here; who signed
is checked again for each letter. Whatever is taken is durable before its receipt leaves. Each kind
of thing has a module of its own: notices, heartbeats, messages and their acknowledgements, schemas.
It can be told to fail, for tests (``receiver_faults``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from pipeline.model import rfc3339
from pipeline.notify.texts import LANGUAGES
from pipeline.web.receiver_faults import Fault
from pipeline.web.receiver_heartbeats import Heartbeats
from pipeline.web.receiver_messages import Messages
from pipeline.web.receiver_notices import MOST_LETTER, PAGE, Notices
from pipeline.web.receiver_page import Shown, receiver_page
from pipeline.web.receiver_reception import Reception
from pipeline.web.receiver_schemas import schema

__all__ = ["MOST_LETTER", "Fault", "Reception", "receiver_app"]


@dataclass(frozen=True, slots=True)
class Front:
    """The page for people."""

    reception: Reception

    async def page(self, request: Request) -> Response:
        """Show what came, newest first, in ``?language=`` kk, ru or en."""
        asked = request.query_params.get("language", LANGUAGES[0])
        language = asked if asked in LANGUAGES else LANGUAGES[0]
        shown = await run_in_threadpool(self._shown)
        html = receiver_page(self.reception.texts, language, shown)
        policy = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return HTMLResponse(html, headers=policy)

    def _shown(self) -> Shown:
        reception = self.reception
        notices = Notices(reception).entries(reception.book.latest(PAGE))
        beats = Heartbeats(reception).document()
        conflicts = [
            f"{rfc3339(one.at)} {one.notice_id} {one.sha256}"
            for one in reception.book.conflicts(PAGE)
        ]
        forged = [
            f"{one['late'][-1]['at']} {one['id']} X-Saqshy-Late"
            for one in notices
            if any(not late["verified"] for late in one.get("late", ()))
        ]
        return Shown(notices, conflicts + forged, beats["centres"], beats["absences"])


def receiver_app(reception: Reception, more: Sequence[Route] = ()) -> Starlette:
    """Build the receiver's application; the server in front of it does the mutual TLS.

    ``more`` are the ways of what has a store of its own: streams of events, bundles.
    """
    notices, beats, messages = Notices(reception), Heartbeats(reception), Messages(reception)
    acknowledgement = "/v1/messages/{message_id}/acknowledgement"
    return Starlette(
        routes=[
            Route("/", Front(reception).page),
            Route("/v1/notices", notices.listing, methods=["GET"]),
            Route("/v1/notices", notices.take, methods=["POST"]),
            Route("/v1/heartbeats", beats.listing, methods=["GET"]),
            Route("/v1/heartbeats", beats.take, methods=["POST"]),
            Route("/v1/messages", messages.listing, methods=["GET"]),
            Route(acknowledgement, messages.acknowledge, methods=["POST"]),
            Route("/v1/schemas/{name}.json", schema, methods=["GET"]),
            *more,
        ]
    )
