"""`saqshy bench match`: rules asked about events, beside reading the same events' JSON."""

import gc
import platform
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import Path
from typing import Annotated

import orjson
import typer

from pipeline.content import Content, load_content
from pipeline.match import COMPILED, Matcher, load_taxonomy
from pipeline.match.recollection import MOST_REMEMBERED
from pipeline.match.scan import native
from pipeline.model import Event, Json, RawBatch
from pipeline.normalize import Normalizer, Profile
from pipeline.runtime.cli.options import AsJson
from pipeline.runtime.cli.output import FOUND, USAGE, emit, say, show_table, stop, told_errors
from pipeline.runtime.configuration import bundled


@dataclass(slots=True)
class Stream:
    """One file of events and what was measured on it; a warming round builds the engines."""

    name: str
    lines: Sequence[bytes]
    ratios: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    building: float = 0.0
    matches: int = 0
    failures: int = 0

    def round(self, matcher: Matcher, batch: int) -> None:
        """Measure once, reading and matching by turns, with nothing remembered at the start."""
        matcher.forget()
        reading = matching = 0.0
        self.matches = self.failures = 0
        for raw, events in self._batches(batch):
            begin = time.process_time()
            for line in raw.records:
                orjson.loads(line)
            between = time.process_time()
            told = matcher.ask(events, raw.records)
            matching += time.process_time() - between
            reading += between - begin
            self.matches += sum(len(matches) for _, matches, _ in told)
            self.failures += sum(1 for _, _, errors in told if errors)
        self.ratios.append(reading / (reading + matching))
        self.seconds.append(matching)

    def warm(self, matcher: Matcher, batch: int) -> None:
        """Let the engines of this stream be built."""
        self.round(matcher, batch)
        self.building = self.seconds.pop()
        self.ratios.clear()

    def _batches(self, batch: int) -> Iterator[tuple[RawBatch, list[Event]]]:
        normalize = Normalizer(lambda _object, _source: Profile("auto", UTC))
        for at in range(0, len(self.lines), batch):
            records = tuple(self.lines[at : at + batch])
            raw = RawBatch("bench", "bench", self.name, 1, 0, 2**62, 2**62, "auto", records)
            yield raw, normalize(raw).events

    def result(self) -> Json:
        """Give what was measured; times are of this process's CPU."""
        seconds = statistics.median(self.seconds)
        return {
            "events": len(self.lines),
            "matches": self.matches,
            "failures": self.failures,
            "R": round(statistics.median(self.ratios), 3),
            "R_spread": [round(min(self.ratios), 3), round(max(self.ratios), 3)],
            "microseconds_per_event": round(seconds / len(self.lines) * 1e6, 2),
            "events_per_cpu_second": round(len(self.lines) / seconds),
            "first_round_seconds": round(self.building, 2),
        }


def bench_match(
    files: Annotated[list[Path], typer.Argument(help="NDJSON of events, one file a stream.")],
    rules: Annotated[
        list[Path] | None, typer.Option("--rules", help="Rule file or folder; repeatable.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Measured rounds, after one to warm.")] = 5,
    batch: Annotated[int, typer.Option(min=1, help="Records a batch.")] = 200,
    take: Annotated[int, typer.Option(min=0, help="So many of the rules; 0: all.")] = 0,
    portable: Annotated[
        bool, typer.Option("--portable", help="Without Hyperscan, as where it is not installed.")
    ] = False,
    unremembered: Annotated[
        bool, typer.Option("--unremembered", help="Remember nothing of values met before.")
    ] = False,
    costs: Annotated[int, typer.Option(min=0, help="Show so many of the dearest rules.")] = 0,
    json: AsJson = False,
) -> None:
    """Time matching on one core; R is the time of orjson.loads over that of both together.

    Streams are measured by turns, and each round begins with nothing remembered of values.

    Example: saqshy bench match events.ndjson --rules sigma/rules --rounds 5
    """
    with told_errors():
        content = _taken(load_content(rules or [bundled("detection")], None), take)
        if not content.rules:
            stop(USAGE, "no rule can be used: name a file or folder of rules with --rules")
        before = _resident()
        matcher = Matcher(
            content,
            load_taxonomy(bundled("taxonomies") / "sigma"),
            portable=portable,
            remembered=0 if unremembered else MOST_REMEMBERED,
            timer=time.perf_counter if costs else None,
        )
        streams = [_warmed(path, matcher, batch) for path in files]
        taken = _resident() - before - sum(sum(map(len, s.lines)) for s in streams) / 2**20
        _measure(matcher, streams, rounds, batch)
        result: Json = {
            "rules": len(content.rules),
            "scanner": "hyperscan" if native(portable=portable) else "ahocorasick, re2",
            "remembered_characters": 0 if unremembered else MOST_REMEMBERED,
            "batch": batch,
            "engine_memory_mb": round(taken),
            **_results(matcher, streams, costs),
        }
        _show(result, as_json=json)
        if any(stream.failures for stream in streams):
            stop(FOUND, "rules failed on events")


def _warmed(path: Path, matcher: Matcher, batch: int) -> Stream:
    stream = Stream(path.stem, path.read_bytes().splitlines())
    stream.warm(matcher, batch)
    return stream


def _measure(matcher: Matcher, streams: Sequence[Stream], rounds: int, batch: int) -> None:
    gc.collect()
    gc.freeze()
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        for stream in streams:
            stream.round(matcher, batch)


def _results(matcher: Matcher, streams: Sequence[Stream], costs: int) -> Json:
    result: Json = {
        "compiled": COMPILED,
        "machine": f"{platform.machine()} {platform.python_version()}",
        "streams": {stream.name: stream.result() for stream in streams},
    }
    if costs:
        result["dearest_rules"] = _dearest(matcher, costs)
    return result


def _taken(content: Content, most: int) -> Content:
    """Take rules evenly over the order of their ids."""
    if not most or most >= len(content.rules):
        return content
    names = sorted(content.rules)
    chosen = {names[number * len(names) // most] for number in range(most)}
    return replace(content, rules={name: content.rules[name] for name in sorted(chosen)})


def _dearest(matcher: Matcher, most: int) -> list[Json]:
    found = sorted(matcher.costs.items(), key=lambda item: -item[1].seconds)[:most]
    return [
        {
            "id": rule_id,
            "title": matcher.content.rules[rule_id].title,
            "asked": cost.asked,
            "microseconds": round(cost.seconds / cost.asked * 1e6, 1),
            "milliseconds_in_all": round(cost.seconds * 1e3, 1),
        }
        for rule_id, cost in found
    ]


def _show(result: Json, *, as_json: bool) -> None:
    if as_json:
        emit(result)
        return
    heads = [
        (key, str(value)) for key, value in result.items() if not isinstance(value, dict | list)
    ]
    show_table("bench match", ("what", "value"), heads)
    for name, stream in result["streams"].items():
        show_table(name, ("what", "value"), [(key, str(value)) for key, value in stream.items()])
    dearest = result.get("dearest_rules")
    if dearest:
        names = tuple(dearest[0])
        show_table("dearest rules", names, [tuple(map(str, row.values())) for row in dearest])


def _resident() -> float:
    """Give the resident memory of this process in MB; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * 4096 / 2**20
