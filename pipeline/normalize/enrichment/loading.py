"""Settings and data files to an enrichment, and both back from what a store has kept."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import orjson

from pipeline.errors import ConfigurationError, Problem
from pipeline.model import Json, identity
from pipeline.normalize.enrichment import domains, geo, user_agents
from pipeline.normalize.enrichment.data_file import DataFile, packed
from pipeline.normalize.enrichment.delta import Step
from pipeline.normalize.enrichment.enrichment import Enrichment
from pipeline.normalize.enrichment.indicators import (
    Feed,
    Gathering,
    IndicatorIndex,
    Indicators,
    gather,
    matching,
)
from pipeline.normalize.enrichment.indicators.misp import manifest_names
from pipeline.settings import EnrichmentSettings

_MOST_FILE = 2 * 1024 * 1024 * 1024
_KINDS = (".json", ".csv", ".stix")
_MANIFEST = "manifest.json"
# What an answer follows from besides code and files.
_LIBRARIES = ("maxminddb", "publicsuffixlist", "ua-parser", "ua-parser-builtins")


@dataclass(frozen=True, slots=True)
class Plan:
    """What an enrichment is made from; plans of one revision are equal.

    ``revision`` names what is added to events, and by which libraries; "" where nothing is.
    ``manifest`` is the plan without the files' content.
    """

    revision: str
    manifest: bytes
    switches: tuple[str, ...] = field(compare=False)
    files: tuple[DataFile, ...] = field(compare=False)


def _plan(switches: tuple[str, ...], files: tuple[DataFile, ...]) -> Plan:
    named = [[one.use, one.name, one.provider, one.digest] for one in files]
    manifest = orjson.dumps({"switches": switches, "files": named})
    if not switches and not files:
        return Plan("", manifest, switches, files)
    libraries = [f"{name} {version(name)}" for name in _LIBRARIES]
    return Plan(identity("enrichment", manifest.decode(), *libraries), manifest, switches, files)


def load_enrichment(settings: EnrichmentSettings) -> Enrichment:
    """Read the data files and make the enrichment; ConfigurationError with every problem.

    The same files as last time are not read into tables again.
    """
    problems: list[Problem] = []
    files = list(_files(settings, problems))
    if problems:
        raise ConfigurationError(problems)
    names = ("registry", "user_agent", "domains")
    return _made(_plan(tuple(name for name in names if getattr(settings, name)), tuple(files)))


def enrichment_from_bundle(manifest: bytes, content: Callable[[str], bytes]) -> Enrichment:
    """Make the enrichment that ``Enrichment.bundle`` names; ``content`` gives a file by its hash.

    ConfigurationError where the bytes are not that.
    """
    try:
        document: Json = orjson.loads(manifest)
        files = [
            DataFile(use, name, provider, digest, packed(content(digest)))
            for use, name, provider, digest in document["files"]
        ]
        plan = _plan(tuple(document["switches"]), tuple(files))
    except (ValueError, KeyError, TypeError) as error:
        problem = Problem("enrichment bundle", 0, f"cannot be read: {error}", "take the files anew")
        raise ConfigurationError([problem]) from error
    return _made(plan)


@lru_cache(maxsize=2)
def _made(plan: Plan) -> Enrichment:
    """Make the enrichers in their fixed order: who, where, what the names are, who is known bad."""
    steps: list[Step] = []
    problems: list[Problem] = []
    gathering = Gathering()
    if "user_agent" in plan.switches:
        steps.append(Step(user_agents.NEEDS, user_agents.user_agent_parts))
    if "domains" in plan.switches:
        steps.append(Step(domains.NEEDS, domains.domain_parts))
    places = {one.place or one.name: one.data for one in plan.files if one.use == "geo"}
    if places:
        try:
            steps.append(Step(geo.NEEDS, geo.Geo(places)))
        except ConfigurationError as error:
            problems += error.problems
    feeds = [one for one in plan.files if one.use == "indicators"]
    count = 0
    if feeds:
        given = (Feed(one.place or one.name, one.provider, one.data) for one in feeds)
        index = IndicatorIndex(gather(given, gathering))
        count = len(index)
        steps.append(Step(matching.NEEDS, Indicators(index)))
    problems += gathering.problems
    if problems:
        raise ConfigurationError(problems)
    return Enrichment(
        revision=plan.revision,
        steps=tuple(steps),
        needs=frozenset[str]().union(*(step.needs for step in steps)),
        registry="registry" in plan.switches,
        indicators=count,
        left_out=dict(sorted(gathering.left_out.items())),
        bundle=plan.manifest,
        files={one.digest: one for one in plan.files},
    )


def _files(settings: EnrichmentSettings, problems: list[Problem]) -> Iterator[DataFile]:
    for path in settings.geo:
        yield from _read(("geo", path.name, path.stem), path, problems)
    for given in settings.indicators:
        root = given if given.is_dir() else given.parent
        for path in _feed_files(given, problems):
            provider = given.stem if path == given else given.name
            name = path.relative_to(root).as_posix()
            yield from _read(("indicators", name, provider), path, problems)
    for pulled in settings.pulled:
        for path in sorted((settings.feeds / pulled.name).glob("*.json")):
            yield from _read(("indicators", path.name, pulled.name), path, problems)


def _feed_files(path: Path, problems: list[Problem]) -> list[Path]:
    """Give a feed's files: itself, those that a manifest of MISP names, or all in the folder."""
    if not path.is_dir():
        return [path]
    manifest = path / _MANIFEST
    if not manifest.exists():
        found = (one for one in path.rglob("*") if one.suffix.lower() in _KINDS and one.is_file())
        return sorted(one for one in found if not one.name.startswith("."))
    try:
        return [path / name for name in manifest_names(orjson.loads(manifest.read_bytes()))]
    except (OSError, ValueError) as error:
        problems.append(Problem(str(manifest), 0, f"cannot be read: {error}", "download it again"))
        return []


def _read(named: tuple[str, str, str], path: Path, problems: list[Problem]) -> Iterator[DataFile]:
    use, name, provider = named
    try:
        if path.stat().st_size > _MOST_FILE:
            problems.append(Problem(str(path), 0, "is larger than 2 GiB", "take a smaller file"))
            return
        data = path.read_bytes()
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}"
        problems.append(Problem(str(path), 0, reason, "check path and permissions"))
        return
    yield DataFile(use, name, provider, sha256(data).hexdigest(), packed(data), str(path))
