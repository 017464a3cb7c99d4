"""What belongs to one incident, and what is no row of a store: objects, statistics, audit, me."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from pipeline.model import Json
from pipeline.query import RULES
from pipeline.web.api.answers import answered
from pipeline.web.api.guarded import viewer_of
from pipeline.web.api.problems import Problem
from pipeline.web.api.questions import Asking
from pipeline.web.api.shapes import RowShape, RowsShape
from pipeline.web.desk import Desk

Id = Annotated[str, Path(min_length=1, max_length=300)]
Language = Annotated[Literal["kk", "ru", "en"], Query()]
Day = Annotated[str | None, Query(max_length=10)]


@dataclass(frozen=True, slots=True)
class Things:
    """Routes of single things."""

    desk: Desk

    def routes(self) -> APIRouter:
        """Give the ways."""
        router = APIRouter()
        for path, way, shape in (
            ("/incidents/{incident_id}/history", self.history, RowsShape),
            ("/incidents/{incident_id}/findings", self.findings, RowsShape),
            ("/incidents/{incident_id}/notices", self.notices, RowsShape),
            ("/incidents/{incident_id}/audit", self.audit, RowsShape),
            ("/incidents/{incident_id}/why", self.why, RowShape),
            ("/objects", self.objects, RowsShape),
            ("/objects/{object_id}", self.object, RowShape),
            ("/statistics", self.statistics, RowShape),
            ("/compliance", self.compliance, RowsShape),
            ("/versions", self.versions, RowShape),
            ("/audit-verification", self.verify, RowShape),
            ("/query-language", self.language, RowShape),
            ("/me", self.me, RowShape),
        ):
            router.add_api_route(
                path, way, methods=["GET"], response_model=shape, operation_id=_named(path),
                tags=[path.split("/")[1]],
            )  # fmt: skip
        return router

    def history(self, request: Request, incident_id: Id) -> Response:
        """Give the revisions of an incident, oldest first."""
        return _rows(request, self.desk.history(viewer_of(request), incident_id))

    def findings(self, request: Request, incident_id: Id) -> Response:
        """Give what an incident is made of."""
        self._seen(request, incident_id)
        return _rows(request, self.desk.findings_of(viewer_of(request), incident_id), many=True)

    def notices(self, request: Request, incident_id: Id) -> Response:
        """Give the notices of an incident, oldest first."""
        self._seen(request, incident_id)
        return _rows(request, self.desk.notices_of(viewer_of(request), incident_id), many=True)

    def audit(self, request: Request, incident_id: Id) -> Response:
        """Give the audit trail's entries about an incident, who read it among them."""
        self._seen(request, incident_id)
        return _rows(request, self.desk.audit_of(viewer_of(request), incident_id), many=True)

    def why(
        self,
        request: Request,
        incident_id: Id,
        revision: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
        language: Language = "en",
    ) -> Response:
        """Explain a revision limb by limb and norm by norm; 0 is the last."""
        found = self.desk.why(viewer_of(request), incident_id, revision, language)
        return _thing(request, found)

    def objects(self, request: Request) -> Response:
        """Give the objects, as their records of today."""
        return _rows(request, self.desk.objects(viewer_of(request)), many=True)

    def object(self, request: Request, object_id: Id) -> Response:
        """Give one object's record of today."""
        return _thing(request, self.desk.object(viewer_of(request), object_id))

    def statistics(
        self,
        request: Request,
        month: Annotated[str | None, Query(max_length=7)] = None,
        year: Annotated[int | None, Query(ge=2000, le=2200)] = None,
        first: Annotated[str | None, Query(alias="from", max_length=10)] = None,
        last: Annotated[str | None, Query(alias="to", max_length=10)] = None,
    ) -> Response:
        """Report a month (2026-03), a year, or days (from, to); without any: this month."""
        given = {"month": month, "year": year, "from": first, "to": last}
        period: Mapping[str, str] = {k: str(v) for k, v in given.items() if v is not None}
        return _thing(request, self.desk.statistics(viewer_of(request), period))

    def compliance(self, request: Request) -> Response:
        """Give what the law asks of each object, and how it stands."""
        return _rows(request, self.desk.compliance(viewer_of(request)), many=True)

    def versions(self, request: Request) -> Response:
        """Tell which rules, law pack and registry are in force."""
        return _thing(request, self.desk.versions(viewer_of(request)))

    def verify(self, request: Request) -> Response:
        """Verify the audit trail and its checkpoints."""
        return _thing(request, self.desk.verify(viewer_of(request)))

    def language(self, request: Request) -> Response:
        """Tell the rules of the language that `q` is in."""
        return answered(request, {"rules": RULES})

    def me(self, request: Request) -> Response:
        """Tell who is asking, and what there is for them."""
        return answered(request, self.desk.me(viewer_of(request)))

    def _seen(self, request: Request, incident_id: str) -> None:
        """Answer of an incident that the viewer does not see as of one that never was."""
        if not self.desk.sees(viewer_of(request), incident_id):
            raise Asking(Problem("not-found"))


def _thing(request: Request, found: Json | None) -> Response:
    if found is None:
        raise Asking(Problem("not-found"))
    return answered(request, found)


def _rows(request: Request, rows: Sequence[Json], *, many: bool = False) -> Response:
    """Answer with rows; where none can only mean that there is no such thing, so."""
    if not rows and not many:
        raise Asking(Problem("not-found"))
    return answered(request, {"rows": list(rows)})


def _named(path: str) -> str:
    parts = [one for one in path.split("/") if one and not one.startswith("{")]
    return "_".join([*parts, *(["one"] if path.endswith("}") else [])]).replace("-", "_")
