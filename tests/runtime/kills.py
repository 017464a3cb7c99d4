"""A run that is killed again and again, and what must be equal afterwards.

The input is the bundled story as files: a first part under one set of rules, a second part under
changed rules. Each life of the process is ended by SIGKILL, either at a random instant or when its
log says that a phase has begun; the next life goes on from the store. The order of the input is
fixed, since read-once files are read one after another.
"""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from connectors.stores.sqlite import open_sqlite
from pipeline.incidents.audit import verify
from pipeline.model import Incident, Notice, as_document
from pipeline.notify.streaming import EVENT_STREAM, stretch_of
from pipeline.runtime.configuration import bundled
from pipeline.runtime.demonstration import Receiver
from pipeline.runtime.story import expand, load_story

PHASES = ("journal", "commit", "send", "receipt")
LIFE_SECONDS = 120.0

# Wall-clock stamps and what hashes them: reviewed, and nothing else is masked.
MASKED = (
    "opened_at", "changed_at", "previous_hash", "hash",  # incidents
    "created_at", "due_at", "next_attempt_at", "attempts", "last_error", "receipt",  # notices
    "tried",
)  # fmt: skip

# A withheld record's own time is never read: the receive time stands in for it.
MASKED_STUB = ("first_event_at", "last_event_at", "time")


@dataclass
class Ground:
    """A folder with settings, rules and input for one run, told to one receiver."""

    folder: Path
    receiver: Receiver
    record_limit: int = 20

    @property
    def store(self) -> Path:
        """The run's store."""
        return self.folder / "saqshy.db"

    def prepare(self) -> None:
        """Write rules and the two parts of the input."""
        shutil.copytree(bundled("detection"), self.folder / "rules" / "detection")
        shutil.copytree(bundled("correlation"), self.folder / "rules" / "correlation")
        registry = self.folder / "objects"
        registry.mkdir(exist_ok=True)
        for file in sorted(bundled("objects").glob("*.yml")):
            # When a backup counts as missed is told by the wall clock, which the runs do not share.
            text = file.read_text(encoding="utf-8")
            kept = re.sub(r"(?m)^    backup: .*\n", "", text)
            (registry / file.name).write_text(kept, encoding="utf-8")
        steps = list(expand(load_story(bundled("scenario") / "story.yml")))
        middle = steps[len(steps) // 2].at
        for part, chosen in enumerate(
            ([s for s in steps if s.at < middle], [s for s in steps if s.at >= middle])
        ):
            for kind in ("syslog", "json"):
                lines = [
                    step.payload
                    for step in chosen
                    if (step.payload[:1] == b"{") == (kind == "json")
                ]
                path = self.folder / f"part{part}-{kind}"
                path.write_bytes(b"\n".join(lines) + b"\n")
                stamp = steps[-1].at // 10**9
                os.utime(path, (stamp, stamp))

    def change_rules(self) -> None:
        """Edit one rule: its title and with it its hash, as an analyst would."""
        for rule in sorted((self.folder / "rules" / "detection").rglob("*.yml")):
            if not rule.name.endswith(".tests.yml"):
                text = rule.read_text(encoding="utf-8")
                edited = re.sub(r"(?m)^title: (.*)$", r"title: \1 (edited)", text)
                rule.write_text(edited, encoding="utf-8")
                return

    def settings(self, parts: int) -> Path:
        """Write the settings over the first ``parts`` parts of the input."""
        pki = self.receiver.pki
        listeners = [
            {
                "name": f"part{part}-{kind}",
                "kind": "file",
                "path": f"part{part}-{kind}",
                "format": "auto",
            }
            for part in range(parts)
            for kind in ("syslog", "json")
        ]
        document = {
            "store": {"path": "saqshy.db"},
            "registry": ["objects"],
            "content": {"paths": ["rules/detection", "rules/correlation"], "cache": "cache"},
            "law": {"pack": str(bundled("law") / "kz")},
            "batch": {"records": self.record_limit},
            "listeners": listeners,
            "notify": {
                "ncc": {
                    "url": self.receiver.url,
                    "ca": str(pki / "ca.pem"),
                    "certificate": str(pki / "centre.pem"),
                    "key": str(pki / "centre.key.pem"),
                    "signing_key": str(pki / "centre-signing.pem"),
                    "receipt_key": str(pki / "receipt-signing.pub.pem"),
                },
                "folder": {"path": "outgoing"},
                "retry_seconds": 0.05,
            },
            "web": None,
            "tick_seconds": 0.5,
            "log": {"level": "debug", "json_lines": True},
        }
        path = self.folder / "saqshy.yml"
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        return path


@dataclass
class Kill:
    """When to end a life: a phase has begun so many times, or so many seconds have passed.

    Seconds count from when its first phase began.
    """

    seconds: float
    phase: str = ""
    nth: int = 1


@dataclass
class Life:
    """How one life of the process ended."""

    code: int
    phase: str  # the phase that had begun and not ended, "" for between phases
    error: str = ""


@dataclass
class Tally:
    """How many kills hit, and in which phase."""

    kills: int = 0
    phases: Counter[str] = field(default_factory=Counter)


def live(config: Path, kill: Kill | None) -> Life:
    """Run `saqshy run --once` until it ends or is killed."""
    command = [sys.executable, "-m", "pipeline.runtime.cli", "run", "--once"]
    process = subprocess.Popen([*command, "--config", str(config)], stderr=subprocess.PIPE)
    assert process.stderr is not None
    timer = threading.Timer(kill.seconds if kill else LIFE_SECONDS, process.kill)
    open_phase, begun, last = "", Counter[str](), b""
    for line in process.stderr:
        last = line
        found = re.search(rb'"event":\s*"(\w+)\.(begin|end)"', line)
        if found:
            phase = found[1].decode()
            if not begun:
                timer.start()
            open_phase = phase if found[2] == b"begin" else ""
            begun[phase] += found[2] == b"begin"
            hit = kill is not None and kill.phase == phase and begun[phase] >= kill.nth
            if hit and bool(open_phase) != (phase == "files"):
                process.kill()
    process.stderr.close()
    code = process.wait()
    timer.cancel()
    if code not in (0, -signal.SIGKILL):
        raise AssertionError(f"the run ended with {code}: {last.decode(errors='replace')}")
    return Life(code, open_phase if code else "", last.decode(errors="replace"))


def uninterrupted(ground: Ground) -> None:
    """Run both parts without a kill."""
    assert live(ground.settings(1), None).code == 0
    ground.change_rules()
    assert live(ground.settings(2), None).code == 0


def killed(ground: Ground, kills: int, chance: random.Random) -> Tally:
    """Run both parts with that many kills, half of them in each part."""
    tally = Tally()
    for parts in (1, 2):
        config = ground.settings(parts)
        for number in range(kills // 2):
            kill = _drawn(chance, number)
            life = live(config, kill)
            if life.code == 0:
                break
            tally.kills += 1
            tally.phases[life.phase or "between"] += 1
        if parts == 1:
            # The whole first part is journalled, not all of it processed: what is left must be
            # judged by the rules that it was journalled under.
            live(config, Kill(LIFE_SECONDS, phase="files"))
            ground.change_rules()
    assert live(ground.settings(2), None).code == 0
    return tally


def _drawn(chance: random.Random, number: int) -> Kill:
    if number % 2:
        return Kill(chance.uniform(0.0, 0.15))
    return Kill(0.3, PHASES[(number // 2) % 4], chance.randint(1, 4))


def _repeats(object_id: str) -> bool:
    """Tell whether an object's incidents follow from the input alone.

    That records of an unattested object were refused is told by the wall clock and by each life of
    the process anew: that it was told is compared, how often is not.
    """
    return object_id != "kz-unattested"


def masked(noun: Incident | Notice) -> Any:
    """Give an incident or notice without wall-clock stamps and what hashes them."""
    guard = noun.assessment.guard if isinstance(noun, Incident) else noun.guard.decision
    return _without(as_document(noun), {*MASKED, *(MASKED_STUB if guard == "stub" else ())})


def _without(value: Any, names: set[str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _without(item, names) for key, item in value.items() if key not in names}
    if isinstance(value, list):
        return [_without(item, names) for item in value]
    return value


@dataclass
class Outcome:
    """What a run left: incidents, notices, events, breaks of its audit chain, gaps of streams."""

    incidents: list[Any]
    notices: list[Any]
    events: int
    failures: int
    breaks: list[Any]
    notice_ids: set[str]
    paged: set[str]
    gaps: list[Any]


def outcome(store: Path) -> Outcome:
    """Read what a run left."""
    stores = open_sqlite(store, readonly=True)
    try:
        incidents = [masked(one) for one in stores.incidents.latest() if _repeats(one.object_id)]
        every = [one for one in stores.outbox.list() if one.kind != EVENT_STREAM]
        # Where a stream is cut into batches is a matter of when; that it has no gap is not.
        streams = [stretch_of(one) for one in stores.outbox.list() if one.kind == EVENT_STREAM]
        notices = [one for one in every if _repeats(one.object_id)]
        paged = {one.object_id for one in every if not _repeats(one.object_id)}
        return Outcome(
            sorted(incidents, key=lambda one: str(one["id"])),
            sorted((masked(one) for one in notices), key=lambda one: str(one["id"])),
            stores.events.count(),
            stores.dead_letters.count(),
            verify(stores.audit.read()),
            {one.id for one in notices if one.channel == "ncc"},
            paged,
            [one for one, two in pairwise(sorted(streams)) if one[1] != two[0]],
        )
    finally:
        stores.database.close()
