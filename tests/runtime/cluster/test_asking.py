"""Commands of processes that only look, on their way into a collector's journal."""

from dataclasses import dataclass, field

import pytest

from connectors.stores.kafka.frames import Unread
from pipeline.errors import StoreError
from pipeline.model import Command
from pipeline.runtime.cluster.asking import AskedIntake


def command(number: int) -> Command:
    return Command("read", "analyst", "a.serik", "what we need it for", number)


@dataclass
class Topic:
    """A topic of one partition: what stands there, and up to where it was committed."""

    held: list[Command | Unread]
    committed: int = 0
    refusals: int = 0
    _given: int = 0

    def poll(self, _seconds: float) -> list[tuple[int, Command | Unread]]:
        """Give what was not given to this reader yet."""
        found = list(enumerate(self.held))[max(self._given, self.committed) :]
        self._given = len(self.held)
        return found

    def done(self, offset: int) -> None:
        """Commit."""
        if self.refusals:
            self.refusals -= 1
            raise StoreError("no broker answers")
        self.committed = offset + 1

    def close(self) -> None:
        """Forget the reader: the next one begins where the last commit was."""
        self._given = 0


@dataclass
class Journal:
    """Takes commands, and refuses some first."""

    refusals: int = 0
    taken: list[Command] = field(default_factory=list)

    def __call__(self, asked: Command) -> None:
        """Take one."""
        if self.refusals:
            self.refusals -= 1
            raise StoreError("brokers keep nothing now")
        self.taken.append(asked)


def test_commands_are_taken_in_their_order_and_committed() -> None:
    """Each is journalled, then the place behind it committed; what is done comes no more."""
    topic, journal = Topic([command(1), command(2)]), Journal()
    intake = AskedIntake(topic, journal)
    assert intake.take() == 2
    assert journal.taken == [command(1), command(2)]
    assert topic.committed == 2
    assert intake.take() == 0


@pytest.mark.parametrize("refuses", ["journal", "commit"])
def test_what_is_not_kept_is_asked_again(refuses: str) -> None:
    """A refusal keeps the command and all behind it: none is lost, none overtakes another."""
    topic, journal = Topic([command(1), command(2)]), Journal()
    (journal if refuses == "journal" else topic).refusals = 1
    intake = AskedIntake(topic, journal)
    with pytest.raises(StoreError):
        intake.take()
    intake.take()
    assert topic.committed == 2
    assert list(dict.fromkeys(one.id for one in journal.taken)) == [command(1).id, command(2).id]


def test_a_process_that_ends_leaves_the_rest() -> None:
    """What was polled and not journalled comes to whoever reads next."""
    topic, journal = Topic([command(1), command(2)]), Journal(refusals=1)
    intake = AskedIntake(topic, journal)
    with pytest.raises(StoreError):
        intake.take()
    intake.close()
    assert AskedIntake(topic, journal).take() == 2
    assert journal.taken == [command(1), command(2)]


def test_what_cannot_be_read_is_passed_by_and_what_is_newer_waits() -> None:
    """Broken bytes stop nobody; a command of a newer version holds all behind it, and says so."""
    newer = Unread("newer", "version 9")
    topic, journal = Topic([Unread("broken", "no JSON"), command(1), newer, command(2)]), Journal()
    intake = AskedIntake(topic, journal)
    assert intake.take() == 2
    assert (journal.taken, topic.committed) == ([command(1)], 2)
    assert "version 9" in intake.trouble
    assert intake.take() == 0
    assert topic.committed == 2
