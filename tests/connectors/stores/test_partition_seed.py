"""What a partition of the next generation begins with."""

from dataclasses import replace

import pytest

from connectors.stores.partition_rows import OrderedMemory
from connectors.stores.partition_seed import Seeds
from connectors.stores.partition_stores import open_partition
from pipeline.model import NoticeState, to_json
from tests.connectors.stores import nouns


@pytest.mark.parametrize("late", [False, True], ids=["in order", "the earlier comes late"])
def test_a_notice_stands_as_far_as_it_has_come(late: bool) -> None:
    """What somebody told behind his successor does not put a notice back on its way."""
    pending = nouns.notice(1)
    sent = replace(pending, state=NoticeState.SENT, attempts=1)
    seeds, disk = Seeds(1, lambda _name, _count: 0), OrderedMemory()
    for one in (sent, pending) if late else (pending, sent):
        seeds.note_notice(one, to_json(one))
    disk.write(list(seeds.writes(0)))
    held = open_partition(disk, disk.write)
    assert [one.state for one in held.outbox.list()] == [NoticeState.SENT]
