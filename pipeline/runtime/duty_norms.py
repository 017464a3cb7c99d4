"""Under which norm each detector of duties finds what it finds, by the law pack's own rows."""

from collections.abc import Mapping

from pipeline.assess import Pack
from pipeline.correlate.duties_watch import DUTY_DETECTORS
from pipeline.registry.moments import LATEST


def duty_norms(pack: Pack) -> Mapping[str, tuple[str, ...]]:
    """Give the norms of the detectors that a pack has a label row for; of the others none."""
    return {
        name: (row.basis,)
        for row in pack.at(LATEST - 1).labels
        for name in row.services
        if name in DUTY_DETECTORS
    }
