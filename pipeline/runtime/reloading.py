"""Hot reload: changed rules, registry and pack come into force between two batches, or not at all.

New knowledge is read and its stages are made beside the old ones, in a thread of its own, while
batches go on under the old. It is refused as a whole where it does not load or would lose rules by
an error (``losses``); then the old stays in force and an alarm stands until something good is
read. What is good is kept in the store with its audit entries, and from then on stamped onto new
batches; a batch that is journalled runs under its own stamp, so that a kill at any instant leaves
the old or the new, never a mix.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import structlog

from pipeline.errors import ConfigurationError, Problem, SaqshyError
from pipeline.incidents.audit import Draft
from pipeline.model import Command, identity
from pipeline.ports import Clock, CollectorStores, Telemetry
from pipeline.runtime.chainer import audited
from pipeline.runtime.judging_anew import judgements_due
from pipeline.runtime.knowledge import Cause, Knowledge, keep_knowledge
from pipeline.runtime.losses import losses
from pipeline.runtime.sensors import audit_sources
from pipeline.runtime.watched import State

log = structlog.get_logger("saqshy.reloading")
MOST_TOLD = 20  # problems of one refusal in log and audit
ATTEMPTS = 5  # to read files that nobody changes meanwhile


@dataclass(frozen=True, slots=True)
class Ask:
    """A wish to read everything again. ``id`` names a command, whose outcome is audited."""

    cause: Cause
    accept_losses: bool = False
    id: str = ""


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What a reload came to: in_force, unchanged or refused, and why it was refused."""

    outcome: str
    problems: tuple[Problem, ...] = ()


_Made = TypeVar("_Made")


@dataclass(slots=True)
class Workshop(Generic[_Made]):
    """Where knowledge is made and put into force; all that differs between two systems.

    ``read`` reads what the files hold, ``state`` looks whether they changed, ``prepare`` makes and
    warms the stages, ``enforce`` swaps them in between two batches, with the commands that follow.
    """

    read: Callable[[], Knowledge]
    state: Callable[[], State]
    prepare: Callable[[Knowledge], _Made]
    enforce: Callable[[Knowledge, _Made, Iterable[Command]], None]


@dataclass(slots=True)
class Reloader:
    """Brings changed knowledge into force; ``run`` is one thread, ``ask`` may be any.

    ``knowledge`` is what is in force, read when the files were as ``read_from`` says.
    ``watch_seconds`` is how often they are looked at, 0 for never. ``alarm`` says why what they
    hold is not in force, "" where it is.
    """

    knowledge: Knowledge
    read_from: State
    workshop: Workshop[Any]
    stores: CollectorStores
    clock: Clock
    telemetry: Telemetry
    watch_seconds: float
    alarm: str = ""
    _asked: deque[Ask] = field(default_factory=deque)
    _wake: threading.Event = field(default_factory=threading.Event)
    _seen: State | None = None  # what the files were at the last look

    def ask(self, ask: Ask) -> None:
        """Have everything read again soon."""
        self._asked.append(ask)
        self._wake.set()

    def run(self, stop: threading.Event, most: float = 0.2) -> None:
        """Wait for wishes and changes until told to stop; looks at ``stop`` every ``most`` s."""
        due = time.monotonic() + self.watch_seconds
        while not stop.is_set():
            self._wake.wait(most)
            self._wake.clear()
            while self._asked and not stop.is_set():
                self.reload(self._asked.popleft())
            if self.watch_seconds and time.monotonic() >= due:
                self.look()
                due = time.monotonic() + self.watch_seconds

    def look(self) -> Reloaded | None:
        """Reload where the files changed and have been left alone since the last look."""
        seen, self._seen = self._seen, self.workshop.state()
        if self._seen == self.read_from or self._seen != seen:
            return None
        return self.reload(Ask(Cause(way="watch")))

    def refuse(self, ask: Ask, problems: Sequence[Problem]) -> None:
        """Tell that what the files hold is refused and that the old stays in force."""
        self._tell(ask, Reloaded("refused", tuple(problems)), 0.0)

    def reload(self, ask: Ask) -> Reloaded:
        """Read everything, and put it into force or refuse it."""
        started = time.perf_counter()
        try:
            done = self._reloaded(ask)
        except ConfigurationError as error:
            done = Reloaded("refused", error.problems)
        except SaqshyError:
            raise
        except Exception as error:  # what no loader survives must not end what runs
            log.exception("reload.broke", error=type(error).__name__)
            what = f"the loader broke on it: {type(error).__name__}"
            done = Reloaded("refused", (Problem("content", 0, what, "see the log"),))
        self._tell(ask, done, time.perf_counter() - started)
        return done

    def _reloaded(self, ask: Ask) -> Reloaded:
        new = self._read()
        if new.revisions == self.knowledge.revisions:
            self.knowledge = new  # the same in force; another list of what was put aside
            return Reloaded("unchanged")
        found = [] if ask.accept_losses else losses(self.knowledge.content, new.content)
        if found:
            return Reloaded("refused", tuple(found))
        made = self.workshop.prepare(new)
        now, before = self.clock.now(), self.knowledge.revisions
        log.debug("reload.begin")
        keep_knowledge(self.stores, new, now, ask.cause, before)
        audit_sources(self.stores, self.knowledge.registry, new.registry, ask.cause, now)
        due = judgements_due(self.knowledge.registry, new.registry, ask.cause, now)
        self.workshop.enforce(new, made, due)
        self.knowledge = new
        log.debug("reload.end")
        return Reloaded("in_force")

    def _read(self) -> Knowledge:
        """Read files that nobody changes while they are read: no mix of two states."""
        for _ in range(ATTEMPTS):
            before = self.workshop.state()
            self.read_from = before
            new = self.workshop.read()
            if self.workshop.state() == before:
                return new
        problem = Problem("content", 0, "the files were changed while they were read", "try again")
        raise ConfigurationError([problem])

    def _tell(self, ask: Ask, done: Reloaded, seconds: float) -> None:
        told = [str(problem) for problem in done.problems[:MOST_TOLD]]
        refused = done.outcome == "refused"
        self.alarm = ""
        if refused:
            more = len(done.problems) - 1
            self.alarm = told[0] + (f", and {more} more" if more else "")
        self.telemetry.reloaded(done.outcome, seconds)
        self.telemetry.rule_quarantined(len(self.knowledge.content.quarantined))
        write = log.error if refused else log.info
        write("reload.done", outcome=done.outcome, way=ask.cause.way, problems=told)
        if ask.id or done.outcome != "unchanged":
            self._audit(ask, done, told)

    def _audit(self, ask: Ask, done: Reloaded, told: list[str]) -> None:
        now, stamp = self.clock.now(), self.knowledge.revisions
        draft = Draft(
            chain="administration",
            entry_id=f"command:{ask.id}" if ask.id else identity("reload", now, done.outcome),
            kind="reload",
            subject=ask.id,
            at=now,
            actor=ask.cause.actor,
            detail={
                "outcome": done.outcome,
                "way": ask.cause.way,
                "reason": ask.cause.reason,
                "accept_losses": ask.accept_losses,
                "content": stamp.content,
                "registry": stamp.registry,
                "pack": stamp.pack,
                "problems": told,
                "problem_count": len(done.problems),
            },
        )
        with self.stores.database.transaction():
            audited(self.stores.audit, [draft])
