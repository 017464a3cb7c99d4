"""Acts: commands left for the running system, and what became of them."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Header, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from pipeline.model import Json
from pipeline.web.acts import RECEIVE
from pipeline.web.api.answers import answered
from pipeline.web.api.guarded import viewer_of
from pipeline.web.api.problems import Problem
from pipeline.web.api.questions import Asking
from pipeline.web.api.shapes import CommandBody, OutcomeShape, ReceivedBody, StepBody
from pipeline.web.desk import Desk

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key", max_length=100, pattern=r"^[!-~]*$",
        description="The same act under the same key is taken once.",
    ),
]  # fmt: skip
Hex = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
NoticeId = Annotated[str, Path(min_length=1, max_length=64)]
Step = Annotated[str, Path(pattern=r"^[a-z][a-z_]{0,59}$")]


@dataclass(frozen=True, slots=True)
class Acting:
    """Routes of acts."""

    desk: Desk

    def routes(self) -> APIRouter:
        """Give the ways."""
        router = APIRouter(tags=["commands"])
        for path, way, name in (
            ("/commands", self.command, "command"),
            ("/incidents/{incident_id}/steps/{step}", self.step, "incident_step"),
            ("/notices/{notice_id}/acknowledge", self.acknowledge, "notice_acknowledge"),
        ):
            router.add_api_route(
                path, way, methods=["POST"], status_code=202, response_model=OutcomeShape,
                operation_id=name,
            )  # fmt: skip
        router.add_api_route(
            "/commands/{command_id}", self.outcome, methods=["GET"], response_model=OutcomeShape,
            operation_id="command_outcome",
        )  # fmt: skip
        return router

    def command(self, request: Request, body: CommandBody, key: Key = "") -> Response:
        """Leave a command: 202, and where to ask what became of it."""
        return self._left(request, body.name, body.detail, body.reason, key)

    def step(
        self, request: Request, incident_id: Hex, step: Step, body: StepBody, key: Key = ""
    ) -> Response:
        """Take a step on an incident: acknowledge, investigate, note, close and so on."""
        detail: Json = {**body.detail, "incident": incident_id}
        if body.revision is not None:
            detail["revision"] = body.revision
        return self._left(request, f"incident_{step}", detail, body.reason, key)

    def acknowledge(
        self, request: Request, notice_id: NoticeId, body: ReceivedBody | None = None, key: Key = ""
    ) -> Response:
        """Say that the viewer's own party has a notice and read it: that is its receipt."""
        reason = body.reason if body is not None else ReceivedBody().reason
        return self._left(request, RECEIVE, {"notices": [notice_id]}, reason, key)

    def outcome(
        self,
        request: Request,
        command_id: Hex,
        incident: Annotated[str, Query(pattern=r"^([0-9a-f]{32})?$")] = "",
    ) -> Response:
        """Tell what became of a command of one's own; of a step name its incident."""
        found = self.desk.outcome(viewer_of(request), command_id, incident)
        return answered(request, found)

    def _left(self, request: Request, name: str, detail: Json, reason: str, key: str) -> Response:
        left = self.desk.act(viewer_of(request), name, detail, reason, key)
        if left is None:
            raise Asking(Problem("not-found"))
        response = answered(request, left, 202)
        asks = f"?incident={quote(str(left['incident']))}" if left["incident"] else ""
        response.headers["location"] = f"/api/v1/commands/{left['command']}{asks}"
        return response
