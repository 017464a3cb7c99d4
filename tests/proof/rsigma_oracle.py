"""rsigma as an oracle: an engine in Rust that shares nothing with pySigma or with us."""

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.match.flat_events import FlatEvent, LogSource

SCRIPT = Path(__file__).parents[2] / "deploy" / "dev" / "rsigma.sh"
REASONS = {3: "cargo is not on this machine", 4: "rsigma cannot be built on this machine"}
NUMBER = "saqshy.line"
UNUSED = "product=saqshy.p,category=saqshy.c,service=saqshy.s"  # no event says where it is from
NONE = "none"  # an event without a category says so: rsigma lets unsaid ones pass every rule


def program() -> Path:
    """Give the program, built where needed; skips with the reason where that cannot be."""
    done = subprocess.run([SCRIPT], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode in REASONS:
        pytest.skip(REASONS[done.returncode])
    assert done.returncode == 0
    return Path(done.stdout.strip())


@dataclass(frozen=True, slots=True)
class Rsigma:
    """The program with a folder of rules.

    No pipeline: events come under Sigma's names, and one run is of one log source, which
    ``--logsource-routing`` with ``--event-logsource`` tells it.
    """

    path: Path
    rules: Path
    folder: Path

    def verdicts(self, events: Iterable[FlatEvent]) -> set[tuple[str, int]]:
        """Give each rule that matches an event, with the event's number."""
        by_source: dict[LogSource, list[FlatEvent]] = {}
        for event in events:
            for source in _sources(event):
                by_source.setdefault(source, []).append(event)
        found: set[tuple[str, int]] = set()
        for source, some in sorted(by_source.items()):
            found |= self.ask(source, ((each.number, each.fields_for(source)) for each in some))
        return found

    def ask(
        self, source: LogSource, events: Iterable[tuple[int, Mapping[str, Any]]]
    ) -> set[tuple[str, int]]:
        """Give each rule that matches an event of a log source, with the event's number."""
        lines = self.folder / "events.ndjson"
        with lines.open("w", encoding="utf-8") as stream:
            stream.writelines(
                json.dumps({**fields, NUMBER: number}) + "\n" for number, fields in events
            )
        said = ",".join(
            f"{name}={value or NONE}" for name, value in zip(source._fields, source, strict=True)
        )
        command: list[str | Path] = [
            self.path, "engine", "eval", "--rules", self.rules, "--event", f"@{lines}",
            "--logsource-routing", "--event-logsource", said, "--logsource-field-map", UNUSED,
            "--include-event", "--input-format", "json", "--output-format", "ndjson", "--quiet",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        told = map(json.loads, done.stdout.splitlines())
        return {(each["rule_id"], each["event"][NUMBER]) for each in told}


def _sources(event: FlatEvent) -> Iterator[LogSource]:
    """Give the log sources that an event is asked as: it can say one category at a time."""
    for category in event.categories or ("",):
        audited = category == "process_creation" and event.service == "security"
        yield LogSource("windows", category, "" if audited else event.service)
        if audited:  # under its own names for the service's rules
            yield LogSource("windows", "", event.service)
