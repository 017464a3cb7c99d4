"""Whether partitions may still be added: objects move with it, and their state is made anew.

State cannot be spread over other partitions, so it is replayed from the whole of ``raw``. Once
``raw`` has let go of its beginning, what was found, and to whom it was told, would be lost with it.
"""

from collections.abc import Iterable, Sequence

from connectors.stores.kafka.admin import Difference
from connectors.stores.kafka.reading import Reading
from connectors.stores.kafka.topics import Topics
from pipeline.errors import StoreError
from pipeline.settings import ClusterSettings

OF_OBJECTS = ("raw", "observations", "outcomes")  # whose partitions state depends on


def refuse_late_growth(settings: ClusterSettings, found: Sequence[Difference]) -> None:
    """Raise StoreError where partitions would be added that no rebuild could follow any more."""
    topics = Topics(settings.prefix)
    names = {topics(name) for name in OF_OBJECTS}
    if not any(one.kind == "partitions" and one.mends and one.topic in names for one in found):
        return
    with Reading(settings) as reading:
        why = late_growth(begin for begin, _ in reading.bounds(topics("raw")))
    if why:
        raise StoreError(why)


def late_growth(begins: Iterable[int]) -> str:
    """Say why partitions may not be added, by where those of raw begin; "" where they may."""
    cut = [number for number, begin in enumerate(begins) if begin]
    if not cut:
        return ""
    return (
        f"raw no longer reaches back (partition {cut[0]}), so no rebuild could make the state of"
        " more partitions: nothing was changed. Begin a cluster of that size under another"
        " cluster.prefix, and let collectors write there (deploy/SIZING.md)"
    )
