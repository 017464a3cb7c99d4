"""The receiver's schemas as JSON Schema (2020-12), for whoever writes a sender in another language.

``GET /v1/schemas/NAME.json``: ``notice``, ``late``, ``message``. They are written out of the same
closed models that the receiver reads by; tests hold real letters to them with another validator.
"""

from functools import lru_cache
from typing import Any, Literal

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from pipeline.notify.late import Late
from pipeline.notify.letter import Letter
from pipeline.notify.ncc_message import Message
from pipeline.notify.payload import Payload
from pipeline.web.receiver_answers import as_json, problem

AS_WRITTEN: Literal["serialization"] = "serialization"
"""Times are texts on the wire and numbers only within."""
DIALECT = "https://json-schema.org/draft/2020-12/schema"


async def schema(request: Request) -> Response:
    """Give a schema by its name; 404 where there is none."""
    found = schemas().get(request.path_params["name"])
    return as_json(200, found) if found is not None else problem(404, "no such schema")


@lru_cache(maxsize=1)
def schemas() -> dict[str, dict[str, Any]]:
    """Give every schema by its name."""
    return {
        "notice": _notice(),
        "late": {"$schema": DIALECT, **Late.model_json_schema(mode=AS_WRITTEN)},
        "message": {
            "$schema": DIALECT,
            **Message.model_json_schema(by_alias=True, mode=AS_WRITTEN),
        },
    }


def _notice() -> dict[str, Any]:
    """Write the letter's schema with that of its payload, which its model reads in a second step.

    That payload and letter name the same incident is beyond what a schema can say.
    """
    letter = Letter.model_json_schema(mode=AS_WRITTEN)
    payload = TypeAdapter(Payload).json_schema(by_alias=True, mode=AS_WRITTEN)
    definitions = {**letter.pop("$defs", {}), **payload.pop("$defs", {})}
    letter["properties"]["payload"] = payload
    return {"$schema": DIALECT, **letter, "$defs": definitions}
