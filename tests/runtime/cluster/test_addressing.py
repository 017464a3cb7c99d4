"""Which folds a command goes to."""

import pytest

from pipeline.model import BatchKind, Command, RawBatch, from_json, to_json
from pipeline.runtime.cluster.addressing import addressed, for_notifier, object_of
from pipeline.runtime.cluster.outputs import partition_of

FOLDS = 5


def batch(*records: bytes) -> RawBatch:
    return RawBatch("b", "", "commands", 1, 0, 5, 5, "commands", records, kind=BatchKind.COMMAND)


def command(name: str, **detail: object) -> Command:
    return Command(name, "analyst", "a.serik", "because", 5, detail)


@pytest.mark.parametrize(
    ("asked", "folds"),
    [
        (
            command("incident_acknowledge", object_id="kz-bank", incident="i"),
            {partition_of("kz-bank", 5)},
        ),
        (command("review_accept", object_id="kz-bank"), {partition_of("kz-bank", 5)}),
        (command("incident_acknowledge"), {partition_of("administration", 5)}),
        (command("silence_add"), set(range(FOLDS))),
        (command("notices_replay", notices=["n"]), set(range(FOLDS))),
    ],
    ids=["a step", "a review", "a step that names nothing", "a silence", "the notifier's"],
)
def test_a_command_goes_where_it_is_obeyed(asked: Command, folds: set[int]) -> None:
    """An object's command goes to its fold, what concerns all of them to all."""
    assert {fold for fold, _ in addressed(batch(to_json(asked)), FOLDS)} == folds


def test_a_judgement_anew_is_parted_by_fold() -> None:
    """Each fold reads its own objects, under an id of its own; none is missing."""
    objects = {f"object-{number}": [[1, 2]] for number in range(20)}
    asked = command("judge_anew.0", objects=objects, registry={"before": "a", "after": "b"})
    parts = [
        (fold, part.id, from_json(Command, part.records[0]))
        for fold, part in addressed(batch(to_json(asked)), FOLDS)
    ]
    assert len({name for _, name, _ in parts}) == len(parts) > 1
    read: dict[str, object] = {}
    for fold, name, part in parts:
        assert name == part.id
        assert all(partition_of(one, FOLDS) == fold for one in part.detail["objects"])
        read |= part.detail["objects"]
    assert read == objects


def test_what_is_no_command_goes_to_the_administration() -> None:
    """Bytes that are no command are refused in one place, and not in all."""
    assert [fold for fold, _ in addressed(batch(b"{"), FOLDS)] == [
        partition_of("administration", 5)
    ]


@pytest.mark.parametrize(
    ("name", "notifier", "named"),
    [
        ("incident_acknowledge", False, "kz-bank"),
        ("notices_release", True, ""),
        ("duty_ack", True, ""),
        ("silence_add", False, ""),
    ],
)
def test_whose_a_command_is(name: str, notifier: bool, named: str) -> None:
    """Commands about notices, terms and the duty are the notifier's, and change no object."""
    asked = command(name, object_id="kz-bank")
    assert for_notifier(asked) is notifier
    assert object_of(asked) == named
