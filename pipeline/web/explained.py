"""Why a verdict came to be, as far as its viewer may see what it is made of."""

from collections.abc import Mapping

from pipeline.access import Sight
from pipeline.model import Json

_PARTS = ("guard", "receipt")  # of a notice, which a sight of notices may bar


def explained(
    found: Json, shown: Json, facts: Sight | None, notices: Mapping[str, Json], told: Sight | None
) -> Json:
    """Cut an explanation: ``shown`` is the incident as it is seen, ``notices`` those seen, by id.

    Facts stand in it where the viewer has findings (``facts``), a notice's guard and receipt where
    it sees these of notices (``told``).
    """
    barred = [name for name in _PARTS if told is None or not told.given.gives(name)]
    kept = [one for one in found["notices"] if one["notice"] in notices]
    return {
        **found,
        "incident": shown,
        "facts": found["facts"] if facts is not None else [],
        "notices": [{k: v for k, v in one.items() if k not in barred} for one in kept],
    }
