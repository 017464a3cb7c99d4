"""Batches to be matched, and what they came to: where the engine and those who match them meet."""

import heapq
import threading
from dataclasses import dataclass, field

from pipeline.errors import SaqshyError
from pipeline.model import RawBatch
from pipeline.runtime.chain import Observed


@dataclass(slots=True)
class Job:
    """A batch to be matched; ``lost`` counts the processes that were lost over it."""

    position: int
    batch: RawBatch
    lost: int = 0


@dataclass(slots=True)
class Desk:
    """Hands out jobs in the journal's order and keeps what they came to until it is dropped."""

    _jobs: dict[int, Job] = field(default_factory=dict)
    _waiting: list[int] = field(default_factory=list)
    _results: dict[int, Observed | SaqshyError] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _ended: bool = False
    _broken: SaqshyError | None = None

    @property
    def ended(self) -> bool:
        """Tell whether nothing more is to be done."""
        return self._ended

    @property
    def waiting(self) -> int:
        """Give how many jobs nobody has taken."""
        return len(self._waiting)

    def give(self, position: int, batch: RawBatch) -> None:
        """Have a batch matched."""
        with self._changed:
            self._jobs[position] = Job(position, batch)
            heapq.heappush(self._waiting, position)
            self._changed.notify_all()

    def take(self, seconds: float) -> Job | None:
        """Take the first job that nobody has; None where none came within so many seconds."""
        with self._changed:
            if not self._waiting and not self._ended and seconds:
                self._changed.wait(seconds)
            while self._waiting and not self._ended:
                job = self._jobs.get(heapq.heappop(self._waiting))
                if job is not None:
                    return job
            return None

    def put_back(self, job: Job) -> None:
        """Let another have a job that was taken."""
        with self._changed:
            if job.position in self._jobs:
                heapq.heappush(self._waiting, job.position)
                self._changed.notify_all()

    def done(self, position: int, result: Observed | SaqshyError) -> None:
        """Say what a batch came to."""
        with self._changed:
            if position in self._jobs:
                self._results[position] = result
                self._changed.notify_all()

    def ready(self, position: int) -> bool:
        """Tell whether it is known what a batch came to."""
        return position in self._results

    def wait(self, position: int) -> bool:
        """Wait until it is known what a batch came to; False where nobody will say any more."""
        with self._changed:
            self._changed.wait_for(
                lambda: position in self._results or self._ended or self._broken is not None
            )
            if self._broken is not None and position not in self._results:
                raise self._broken
            return position in self._results

    def result(self, position: int) -> Observed:
        """Give what a batch came to; raises what kept it from coming to anything."""
        found = self._results[position]
        if isinstance(found, SaqshyError):
            raise found
        return found

    def drop(self, position: int) -> None:
        """Let go of a batch and of what it came to."""
        with self._changed:
            self._jobs.pop(position, None)
            self._results.pop(position, None)

    def pause(self, seconds: float) -> None:
        """Wait so long, or until the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended, seconds)

    def give_up(self, error: SaqshyError) -> None:
        """Let whoever waits have an error: nobody matches anything."""
        with self._changed:
            self._broken = error
            self._changed.notify_all()

    def end(self) -> None:
        """Let nothing more be taken or waited for."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
