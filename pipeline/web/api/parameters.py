"""Parameters of addresses: one that nobody knows is told, and never passed over in silence.

A misspelt bound or filter that is passed over answers another question than was asked.
"""

from collections.abc import Iterator
from difflib import get_close_matches

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request

from pipeline.web.api.problems import Problem
from pipeline.web.api.questions import Asking

_MEANT = {
    "after": "cursor", "page": "cursor", "offset": "cursor", "query": "q", "filter": "q",
    "search": "q", "since": "begin", "until": "end", "size": "limit", "columns": "fields",
    "column": "fields", "interval": "step", "desc": "order",
}  # fmt: skip
"""What people take for a parameter's name, by other interfaces or by a field of an answer."""


def only_known(request: Request) -> None:
    """Refuse an address with a parameter that its way does not have; names the nearest."""
    route = request.scope["route"]
    if not isinstance(route, APIRoute):
        return
    known = tuple(sorted(set(_names(route.dependant))))
    for name in request.query_params:
        if name not in known:
            raise Asking(_unknown(name[:100], known))


def _names(dependant: Dependant) -> Iterator[str]:
    yield from (one.alias for one in dependant.query_params)
    for one in dependant.dependencies:
        yield from _names(one)


def _unknown(name: str, known: tuple[str, ...]) -> Problem:
    meant = _MEANT.get(name.casefold(), "")
    near = [meant] if meant in known else get_close_matches(name, known, n=1, cutoff=0.5)
    way_out = f"did you mean {near[0]}?" if near else f"known: {', '.join(known) or 'none'}"
    return Problem("bad-question", f"{name!a} is no parameter here; {way_out}", (("field", name),))
