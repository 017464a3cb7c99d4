"""An address with the port behind it, as one text: ``192.0.2.1:443``, ``[2001:db8::1]:443``."""

import re
from functools import lru_cache

from pipeline.normalize.ecs_schema import address

_ENDPOINT = re.compile(
    r"\[([0-9A-Fa-f:.]{2,45})\](?::(\d{1,5}))?|([0-9.]{7,15}):(\d{1,5})", re.ASCII
)


@lru_cache(maxsize=8192)
def endpoint(text: str) -> tuple[str, int | None] | None:
    """Give address and port of a text that holds both (or an address in brackets); else None."""
    match = _ENDPOINT.fullmatch(text)
    if match is None:
        return None
    found = address(match[1] or match[3])
    port = match[2] or match[4]
    if found is None or int(port or 0) > 65_535:
        return None
    return found, int(port) if port else None
