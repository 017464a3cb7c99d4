"""`saqshy demo`: the bundled scenario, live on the terminal, with its table at the end."""

import signal
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from pipeline.incidents.audit import verify
from pipeline.model import (
    BatchKind,
    Finding,
    Incident,
    IncidentState,
    Limb,
    Notice,
    NoticeState,
    Tri,
)
from pipeline.runtime.bootstrap import System, assemble
from pipeline.runtime.cli.output import FOUND, say, show_table, stop, to_the_second, told_errors
from pipeline.runtime.clocks import StoryClock
from pipeline.runtime.configuration import bundled, read_settings
from pipeline.runtime.demonstration import receiver, write_demo_settings
from pipeline.runtime.engine import Outcome
from pipeline.runtime.player import Place, Player
from pipeline.runtime.story import Story, load_story

SETTLE_SECONDS = 60.0


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the story.")] = False,
    seconds: Annotated[
        float, typer.Option(min=0, help="How long the story takes; 0: no pauses.")
    ] = 45.0,
    folder: Annotated[
        Path, typer.Option("--dir", help="Settings, store and keys of the demonstration.")
    ] = Path("var/demo"),
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the status page; 0: any free one.")
    ] = 8790,
) -> None:
    """Start the standalone system with the example objects and play the bundled story.

    Example: saqshy demo --once
    """
    with told_errors():
        story = load_story(bundled("scenario") / "story.yml")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The receiver stamps receipts in the story's time as well: one story, one time.
        told = folder.resolve() / "clock.json"
        clock = StoryClock(story.instant(story.begins), told=told)
        with receiver(folder.resolve() / "ncc", "--clock", str(told)) as centre:
            path = write_demo_settings(folder.resolve(), centre.url, centre.pki, port)
            _play(story, clock, path, seconds, centre.url, once=once)


def _play(
    story: Story, clock: StoryClock, config: Path, seconds: float, receiver_url: str, *, once: bool
) -> None:
    system = assemble(read_settings(config), clock)
    show = Show()
    system.engine.watch = show.outcome
    system.dispatcher.watch = show.notice
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with system.running() as addresses:
        places = {**addresses, "coordination centre": receiver_url}
        _tell(places)
        player = Player(
            story=story,
            places=_places(system),
            clock=clock,
            seen=lambda: system.collector.seen,
            settled=lambda: _settled(system, clock.now()),
            tick=system.collector.tick,
            tell=show.narrate,
            stopping=ended.is_set,
        )
        player.play(seconds)
        clock.run_on()
        if ended.is_set():
            say(f"ended before the story did; what was journalled is kept in {config.parent}")
            return
        complete = _wait_for_receipts(system)
        _table(system)
        show.totals(player)
        breaks = verify(system.stores.audit.read())
        say(f"audit trail: {len(breaks)} break(s)" if breaks else "the audit trail verifies")
        if not once:
            _tell(places)
            say(f"look around: saqshy incidents list --config {config}; Ctrl-C ends it")
            while not ended.is_set() and not system.runtime.wait(0.2):
                pass
    if once and (breaks or player.lost or not complete):
        stop(FOUND, "the story did not end as it should: see above")


def _tell(addresses: Mapping[str, str]) -> None:
    for name, address in addresses.items():
        say(f"  {name}: {address}")


def _places(system: System) -> dict[str, Place]:
    return {
        listener.name: Place(path=listener.path)
        if listener.path is not None
        else Place(port=system.port(listener.name))
        for listener in system.settings.listeners
    }


def _settled(system: System, now: int) -> bool:
    """Tell whether all that came is processed, and told to whom it can be told now.

    Or the story's time would run away from what is on its way, and every notice be late.
    """
    if not system.runtime.drained(ended=False, delivered=False):
        return False
    return not any(
        one.state in (NoticeState.PENDING, NoticeState.FAILED) and one.next_attempt_at <= now
        for one in system.stores.outbox.list()
    )


def _wait_for_receipts(system: System) -> bool:
    end = time.monotonic() + SETTLE_SECONDS
    while not system.runtime.drained(ended=False, delivered=True):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


class Show:
    """Tells the terminal what arrives, what fires, what is told to whom and why."""

    def __init__(self) -> None:
        self._arrived: Counter[str] = Counter()
        self._incidents: dict[str, Incident] = {}

    def narrate(self, text: str) -> None:
        """Tell a line of the story, after what has arrived since the last."""
        if self._arrived:
            parts = ", ".join(f"{source} {count}" for source, count in self._arrived.most_common(6))
            say(f"    arrived: {parts}")
            self._arrived.clear()
        say(f"\n== {text}")

    def outcome(self, outcome: Outcome) -> None:
        """Tell what one batch gave."""
        if outcome.batch.kind is BatchKind.RAW:
            self._arrived[outcome.batch.source_id] += len(outcome.batch.records)
        for part in outcome.folded:
            for finding in part.findings:
                if finding.revision == 1:
                    say(_finding_line(finding))
            for revised in part.revised:
                before = revised.previous
                if before is None or before.state is not revised.incident.state:
                    say(_incident_line(revised.incident))

    def notice(self, notice: Notice) -> None:
        """Tell what became of one delivery."""
        to = f"{notice.recipient.role} {notice.recipient.party_id}"
        if notice.receipt is not None:
            say(f"    told     {to} ({notice.leg}, {notice.basis}, {notice.channel}): receipt")
        else:
            say(f"    not yet  {to} ({notice.leg}): {notice.last_error}")

    def totals(self, player: Player) -> None:
        """Tell how much was sent and whether anything was lost on the way."""
        say(f"{player.sent} records were sent, {player.lost} were lost on the way")


def _finding_line(finding: Finding) -> str:
    group = " ".join(f"{name}={value}" for name, value in sorted(finding.group.items()))
    return f"    fires    {finding.rule.level:8} {finding.rule.title} [{finding.object_id} {group}]"


def _incident_line(incident: Incident) -> str:
    assessment = incident.assessment
    acts = ", ".join(act for act, holds in sorted(assessment.acts.items()) if holds is Tri.YES)
    because = "; ".join(
        f"{name} {limb.holds.value}: {limb.reason}"
        for name, limb in assessment.predicate.items()
        if isinstance(limb, Limb) and limb.holds is not Tri.NO
    )
    what = "CANDIDATE" if incident.state is IncidentState.CANDIDATE else "INCIDENT "
    head = f"  {what} {incident.id[:8]} {incident.object_id} {acts or assessment.rsit}"
    return f"{head}, severity {assessment.severity} ({because})"


def _table(system: System) -> None:
    told: dict[str, list[Notice]] = {}
    for notice in system.stores.outbox.list():
        told.setdefault(notice.incident_id, []).append(notice)
    held = list(system.stores.incidents.latest())
    rows: list[tuple[str, ...]] = []
    for incident in held:
        if incident.state is IncidentState.CANDIDATE:
            continue
        head = _head(incident)
        for notice in told.get(incident.id, []):
            to = f"{notice.recipient.role} {notice.recipient.party_id}"
            rows.append((*head, to, notice.leg, _clock(notice.due_at), _receipt(notice)))
            head = ("", "", "")
    columns = ("incident", "class", "weight", "recipient", "leg", "due", "receipt")
    show_table("incidents of the story (times in UTC)", columns, rows)
    waiting = sum(incident.state is IncidentState.CANDIDATE for incident in held)
    say(f"{waiting} candidate(s) wait for a person's decision; nobody outside was told of them")


def _head(incident: Incident) -> tuple[str, str, str]:
    assessment = incident.assessment
    acts = [act for act, holds in sorted(assessment.acts.items()) if holds is Tri.YES]
    trial = " (trial)" if incident.trial else ""
    return (
        f"{incident.id[:8]} {incident.object_id}{trial}",
        ", ".join(acts) or assessment.rsit,
        f"{assessment.severity}, {assessment.priority}",
    )


def _clock(instant: int) -> str:
    return to_the_second(instant)[5:19].replace("T", " ")


def _receipt(notice: Notice) -> str:
    if notice.receipt is None:
        return f"{notice.state.value} {notice.last_error}".strip()
    if notice.state is NoticeState.ACKNOWLEDGED:
        return f"signed {str(notice.receipt.body.get('sha256', ''))[:12]}"
    return "spooled"
