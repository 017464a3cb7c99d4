"""Where a collector stands: the last of each, in whatever order it is read."""

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from connectors.stores.kafka import tails as tails_module
from connectors.stores.kafka.parcel import TOLD, Numbered, Parcel, spooled, unspooled
from connectors.stores.kafka.tails import (
    Noted,
    Snapshot,
    Tails,
    noted,
    noted_headers,
    pack_snapshot,
    snapshot_of,
    tails_of,
    unpack_snapshot,
)
from connectors.stores.kafka.topics import Told, raw_headers
from pipeline.model import BatchKind
from pipeline.ports import SourceTail, Spooled
from tests.connectors.stores.nouns import batch

STEPS = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz")), max_size=30)


def story(steps: list[tuple[str, str]]) -> list[Noted]:
    """Give what is noted of batches that came by (listener, source), in this order."""
    last: dict[str, int] = {}
    found = []
    for position, (listener, source) in enumerate(steps, 1):
        last[source] = last.get(source, 0) + 1
        of = batch(last[source], source_id=source)
        found.append(noted(replace(of, resume=f"at {position}"), listener, position))
    return found


def same(one: Tails, other: Tails) -> bool:
    """Compare what both answer."""
    answers = [
        [of.tail(*asked) for asked in ASKED] + [of.count, sorted(of.objects())]
        for of in (one, other)
    ]
    return answers[0] == answers[1]


ASKED = [("a", "", ""), ("b", "", ""), ("", "", ""), *(("", "power-7", of) for of in "xyz")]


@given(STEPS, st.randoms(use_true_random=False))
def test_the_order_of_reading_does_not_count(
    steps: list[tuple[str, str]], chance: random.Random
) -> None:
    """Partitions are read one after another: what stands last is told by position and sequence."""
    came = story(steps)
    shuffled = chance.sample(came, len(came))
    straight, other = Tails(), Tails()
    for one in came:
        straight.note(one)
    for one in shuffled + shuffled[:5]:
        other.note(one)
    assert same(straight, other)


@given(STEPS, st.integers(0, 30))
def test_a_layer_answers_as_if_it_were_one(steps: list[tuple[str, str]], cut: int) -> None:
    """What waits lies over what stands; taken over, nothing is another."""
    came = story(steps)
    below, whole = Tails(), Tails()
    for one in came[:cut]:
        below.note(one)
    layer = below.layer()
    for one in came[cut:]:
        layer.note(one)
    for one in came:
        whole.note(one)
    assert same(layer, whole)
    below.absorb(layer)
    assert same(below, whole)
    assert all(below.knows(one.batch_id) for one in came)


@given(STEPS)
def test_a_snapshot_comes_back(steps: list[tuple[str, str]]) -> None:
    """What is written to the topic is all that a later process needs."""
    tails = Tails()
    for one in story(steps):
        tails.note(one)
    snapshot = snapshot_of(tails, Snapshot("one", "home", "s", (3, 4), last=(1, 9)))
    read = unpack_snapshot(pack_snapshot(snapshot))
    assert read == snapshot
    assert isinstance(read, Snapshot)
    assert same(tails_of(read), tails)


def test_headers_tell_what_a_batch_would() -> None:
    """A scan unpacks no batch; another collector's, and a stranger's message, are passed over."""
    of = replace(batch(7), kind=BatchKind.REFUSED)
    headers = dict(raw_headers(of, "one", "udp", 12))
    assert noted_headers(headers, "one") == noted(of, "udp", 12)
    assert noted_headers(headers, "two") is None
    assert noted_headers({}, "one") is None
    assert noted_headers({**headers, "position": b"x"}, "one") is None


def test_what_is_remembered_is_bounded() -> None:
    """Ids are forgotten beyond a bound, the oldest first; those of records before commands'."""
    tails = Tails()
    most = tails_module.MOST_RECENT
    for number in range(1, most + 3):
        tails.note(noted(batch(number), "a", number))
    command = replace(batch(1, source_id="commands"), id="asked", kind=BatchKind.COMMAND)
    tails.note(noted(command, "commands", most + 3))
    assert not tails.knows(batch(2).id)
    assert tails.knows(batch(3).id)
    assert tails.knows("asked")


def test_a_parcel_comes_back_from_the_spool() -> None:
    """Batches keep their numbers, and entries of the trail come behind them."""
    parcel = Parcel(
        [Numbered(1, "udp", batch(1)), Numbered(2, "tcp", batch(2))],
        [Told("administration", "e1", 5, drafts=({"chain": "administration"},))],
    )
    frames = [Spooled(listener, tuple(batches)) for listener, batches in spooled(parcel)]
    assert [frame.listener for frame in frames] == ["udp", "tcp", TOLD]
    tails = Tails()
    back = [unspooled(frame, tails) for frame in frames]
    assert [one for part in back for one in part.batches] == parcel.batches
    assert back[-1].told == parcel.told


def test_numbers_that_were_given_away_are_given_anew() -> None:
    """Another process went on meanwhile: what waited here comes behind it, and only once."""
    tails = Tails()
    for number in (1, 2):
        tails.note(noted(replace(batch(number), id=f"other-{number}"), "udp", number))
    waiting = Spooled("udp", (batch(2), batch(3)))
    first, second = unspooled(waiting, tails).batches
    assert [first.batch.sequence, second.batch.sequence] == [3, 4]
    assert (first.batch.previous, first.batch.id) == (2, batch(2).id)
    assert unspooled(waiting, tails).batches == []
    assert tails.tail("udp", "", "") == SourceTail(4, "offset 3")
