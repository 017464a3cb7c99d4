"""Commands on their way to a running system: a spool folder beside its store.

The store has one writer, so another process cannot write there what a person asks: it leaves a
file, whole or not at all, and the running system journals it and takes it away. A kill between the
two journals it again under the same id, which is known and skipped. Who may write into the folder
may command; it is made for its owner alone.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog
from pydantic import ValidationError

from pipeline.incidents.audit import Draft
from pipeline.incidents.life_cycle import COMMANDS
from pipeline.incidents.reports import REPORT, report_of, report_problems
from pipeline.incidents.silences import ADD, END, who
from pipeline.model import Command, Json, from_json
from pipeline.ports import Delivery, Stores
from pipeline.registry import REPORTS
from pipeline.runtime.chainer import audited
from pipeline.runtime.collect import Collector
from pipeline.runtime.duty_commands import COMMANDS as DUTY_COMMANDS
from pipeline.runtime.knowledge import Cause
from pipeline.runtime.ncc_messages import COMMANDS as MESSAGE_COMMANDS
from pipeline.runtime.peering import COMMANDS as PEER_COMMANDS
from pipeline.runtime.reads import READ
from pipeline.runtime.redelivering import ROLES as DELIVERY_COMMANDS
from pipeline.runtime.reloading import Ask
from pipeline.runtime.retention import RETENTION, retention_problems
from pipeline.runtime.reviewing import ACCEPT
from pipeline.runtime.spill_decisions import CONFIRM, RELEASE, decided
from pipeline.runtime.written import written_problems

log = structlog.get_logger("saqshy.commands")
RELOAD = "reload"
RELOAD_ROLES = ("duty_lead", "administrator")
MOST_BYTES = 64 * 1024
MOST = 64  # taken in one round
JOURNALLED = frozenset(
    {
        ADD, END, ACCEPT, READ,
        *COMMANDS, *DUTY_COMMANDS, *DELIVERY_COMMANDS, *MESSAGE_COMMANDS, *PEER_COMMANDS,
    }
)  # fmt: skip


@dataclass(slots=True)
class Inbox:
    """Takes what was left in the spool folder, in the order of its times."""

    folder: Path
    collector: Collector
    reload: Callable[[Ask], None]

    def take(self) -> int:
        """Take what waits; give how many files were done with."""
        try:
            waiting = sorted(self.folder.glob("*.json"))[:MOST]
        except OSError as error:
            log.warning("commands.unreadable", folder=str(self.folder), error=error.strerror)
            return 0
        for path in waiting:
            self._take(path)
        return len(waiting)

    def _take(self, path: Path) -> None:
        try:
            command = _read(path)
        except (OSError, ValueError) as error:
            log.warning("commands.broken", file=path.name, error=type(error).__name__)
            with contextlib.suppress(OSError):  # told above; the next round tries again
                path.replace(path.with_suffix(".refused"))
            return
        self.obey(command)
        path.unlink(missing_ok=True)

    def obey(self, command: Command) -> None:
        """Journal a command, or what became of it; StoreError where nobody keeps that now."""
        marks = self.collector.admission.registry.marks
        if problems := written_problems(command, marks):
            self._refuse(command, problems)
        elif command.name in JOURNALLED:
            self.collector.command(command)
        elif command.name == RELOAD:
            self._reload(command)
        elif command.name == REPORT:
            self.report(command)
        elif command.name in (CONFIRM, RELEASE):
            self._decide(command)
        elif command.name == RETENTION:
            self._retain(command)
        else:
            self._refuse(command, [f"no command is named {command.name!r}"])

    def report(self, command: Command) -> bool:
        """Journal a report as a record of its object's built-in source; False where refused."""
        problems = list(report_problems(command))
        if not problems:
            report = report_of(command)
            delivery = Delivery(
                source=REPORTS,
                peer=command.actor,
                records=(report.record(),),
                fingerprint=command.id,
                format="json",
                proven=f"{report.object}/{REPORTS}",
            )
            if self.collector.take(delivery):
                self._tell(
                    command, "report_entered", {"object": report.object, "kind": report.kind}
                )
                return True
            why = f"the object {report.object!r} is not registered, or not attested open"
            problems = [f"no records of it are taken: {why}"]
        self._refuse(command, problems)
        return False

    def _reload(self, command: Command) -> None:
        problems = list(who(command.role, command.author, command.reason, RELOAD_ROLES))
        if problems:
            self._refuse(command, problems)
            return
        cause = Cause(command.actor, "command", command.reason)
        accept = command.detail.get("accept_losses") is True
        self.reload(Ask(cause, accept_losses=accept, id=command.id))

    def _retain(self, command: Command) -> None:
        """Record what another process lets go of: it left this before it began."""
        problems = list(retention_problems(command))
        if problems:
            self._refuse(command, problems)
        else:
            self._tell(command, RETENTION, {"reason": command.reason, **command.detail})

    def _decide(self, command: Command) -> None:
        collector = self.collector
        if not isinstance(collector.stores, Stores):
            self._refuse(command, ["held records are decided where they are kept, not here"])
            return
        passes, now = collector.admission.passes, collector.clock.now()
        draft = decided(collector.stores, command, passes, now)
        with collector.stores.database.transaction():
            audited(collector.stores.audit, [draft])

    def _refuse(self, command: Command, problems: list[str]) -> None:
        self._tell(
            command, "command_refused", {"command": command.name[:100], "problems": problems}
        )

    def _tell(self, command: Command, kind: str, detail: Json) -> None:
        stores = self.collector.stores
        draft = Draft(
            chain="administration",
            entry_id=f"command:{command.id}",
            kind=kind,
            subject=command.id,
            at=self.collector.clock.now(),
            actor=command.actor[:200],
            detail=detail,
        )
        with stores.database.transaction():
            audited(stores.audit, [draft])


def _read(path: Path) -> Command:
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"{path.name} is larger than {MOST_BYTES} bytes")
    try:
        return from_json(Command, data)
    except ValidationError as error:
        raise ValueError(f"{path.name} is no command") from error
