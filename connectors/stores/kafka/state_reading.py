"""Reading the log of a state: what stands between two places, and what of it counts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from connectors.stores.kafka.reading import Read, Reading
from connectors.stores.partition_claims import CLAIM, Claims, Kept, epoch_of
from pipeline.settings import ClusterSettings


def kept_between(
    settings: ClusterSettings, topic: str, partition: int, begin: int, end: int
) -> list[Kept]:
    """Give what a partition has in [begin, end); StoreError where no broker answers."""
    with Reading(settings) as reading:
        ends = [0] * reading.partitions(topic)
        begins = list(ends)
        begins[partition], ends[partition] = begin, end
        return [_kept(one) for one in reading.messages(topic, begins, ends)]


def counted(messages: Iterable[Read]) -> Iterator[Read]:
    """Give what counts of logs that are read from their beginnings, without the claims."""
    claims: defaultdict[int, Claims] = defaultdict(Claims)
    for one in messages:
        if claims[one.partition].count(_kept(one)) and one.key != CLAIM:
            yield one


def _kept(one: Read) -> Kept:
    return Kept(one.offset, one.key or b"", one.value, epoch_of(one.headers))
