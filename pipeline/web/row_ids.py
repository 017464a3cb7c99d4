"""The id of a row: by it one row is asked for, and a client tells two rows apart."""

from pipeline.model import Json
from pipeline.ports.searching import Kind

OF_EVENTS = "batch-index: `saqshy.batch`, a hyphen, `saqshy.index`"


def with_id(kind: Kind, row: Json) -> Json:
    """Give a row with its ``id``: an event has none of its own but its batch and place in it."""
    own = row.get("saqshy")
    if kind is not Kind.EVENTS or not isinstance(own, dict) or "batch" not in own:
        return row
    return {"id": f"{own['batch']}-{own['index']}", **row}
