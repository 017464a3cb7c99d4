"""One incident of a store, by its id or its beginning."""

from collections.abc import Sequence

from pipeline.model import Incident
from pipeline.ports import Stores
from pipeline.runtime.cli.output import FOUND, stop


def history_of(stores: Stores, incident_id: str) -> Sequence[Incident]:
    """Give an incident's revisions; the command ends where not just one begins so."""
    found = [one for one in stores.incidents.latest() if one.id.startswith(incident_id)]
    if len(found) != 1:
        stop(FOUND, f"{len(found)} incidents begin with {incident_id!r}; see incidents list")
    return stores.incidents.history(found[0].id)
