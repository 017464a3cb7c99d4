"""The cluster's topics as data: read from a file, all errors at once, fitted to the settings."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from connectors.stores.kafka.admin import Difference, Wanted
from connectors.stores.kafka.state_topics import wanted as state_wanted
from connectors.stores.kafka.topics import MOST_MESSAGE, TOPICS, Topics
from pipeline.documents import Document, read_yaml, validated
from pipeline.errors import ConfigurationError, Problem
from pipeline.runtime.configuration import bundled
from pipeline.settings import ClusterSettings, Piece

KNOWN = frozenset(
    {
        "cleanup.policy",
        "compression.type",
        "delete.retention.ms",
        "max.compaction.lag.ms",
        "max.message.bytes",
        "message.timestamp.type",
        "min.cleanable.dirty.ratio",
        "min.compaction.lag.ms",
        "retention.bytes",
        "retention.ms",
        "segment.bytes",
        "segment.ms",
        "unclean.leader.election.enable",
    }
)
COMPACTED = frozenset({"tails", "bundles", "notices"})  # by what their messages mean
ENVELOPE = 4096  # bytes of a message beside its value


def _written(value: object) -> object:
    """Write a value as Kafka gives it back: true and false in small letters."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


_Value = Annotated[str, BeforeValidator(_written)]


class TopicPiece(Piece):
    """One topic of the file. ``single``: it means something only as one partition."""

    partitions: Annotated[int, Field(ge=1, le=10_000)]
    single: bool = False
    config: dict[str, _Value] = Field(default_factory=dict)


class TopologyFile(Piece):
    """The file of the topics; ``all`` holds where a topic does not say otherwise."""

    replication: Annotated[int, Field(ge=1, le=15)]
    min_insync: Annotated[int, Field(ge=1, le=15)]
    all: dict[str, _Value] = Field(default_factory=dict)
    topics: dict[str, TopicPiece]


def topics_file(settings: ClusterSettings) -> Path:
    """Give the file of the topics: the settings' own, else the bundled one."""
    if settings.topics is not None:
        return settings.topics
    beside = bundled("").resolve().parent / "deploy" / "kafka" / "topics.yml"
    return beside if beside.is_file() else bundled("kafka") / "topics.yml"


def read_topology(settings: ClusterSettings) -> tuple[Wanted, ...]:
    """Give every topic as it should be; ConfigurationError with all problems of the file."""
    document = read_yaml(topics_file(settings))
    file = validated(TopologyFile, document)
    problems = list(_problems(file, document))
    if problems:
        raise ConfigurationError(problems)
    names = Topics(settings.prefix)
    replication = settings.replication or file.replication
    floor = {"min.insync.replicas": str(min(file.min_insync, replication))}
    return tuple(
        Wanted(
            names(name),
            settings.partitions or topic.partitions if not topic.single else topic.partitions,
            replication,
            {**file.all, **topic.config, **floor},
        )
        for name, topic in file.topics.items()
    )


def read_state_topology(settings: ClusterSettings) -> list[Wanted]:
    """Give the changelogs of the settings' generation as they should be, fitted to its topics."""
    topics = {one.name: one for one in read_topology(settings)}
    fold = topics[Topics(settings.prefix)("observations")]
    floor = {"min.insync.replicas": fold.config["min.insync.replicas"]}
    made = state_wanted(settings, fold.partitions, fold.replication)
    return [replace(one, config={**one.config, **floor}) for one in made]


def of_state(differences: Iterable[Difference]) -> Iterator[Difference]:
    """Give differences of changelogs with their way out: partitions are those of a generation."""
    for one in differences:
        moved = one.kind in {"partitions", "surplus"}
        way_out = "saqshy cluster rebuild makes those of the next generation"
        yield replace(one, way_out=way_out) if moved else one


def _problems(file: TopologyFile, document: Document) -> Iterator[Problem]:
    if file.min_insync > file.replication:
        what = f"min_insync {file.min_insync} is more than replication {file.replication}"
        yield document.problem(("min_insync",), what, "nothing could be written: lower it")
    for name in TOPICS:
        if name not in file.topics:
            way_out = "add it as in the bundled file"
            yield document.problem(("topics",), f"topics.{name}: is missing", way_out)
    yield from _unknown(file.all, ("all",), document)
    for name, topic in file.topics.items():
        place = ("topics", name)
        if name not in TOPICS:
            known = ", ".join(TOPICS)
            yield document.problem(place, f"topics.{name}: no such topic", f"known: {known}")
            continue
        yield from _unknown(topic.config, (*place, "config"), document)
        yield from _contradictions(name, topic, {**file.all, **topic.config}, document)


def _unknown(
    config: Mapping[str, str], place: tuple[str, ...], document: Document
) -> Iterator[Problem]:
    for key in config:
        if key not in KNOWN:
            way_out = f"known here: {', '.join(sorted(KNOWN))}"
            yield document.problem(
                (*place, key), f"{'.'.join(place)}: unknown key {key!r}", way_out
            )


def _contradictions(
    name: str, topic: TopicPiece, config: Mapping[str, str], document: Document
) -> Iterator[Problem]:
    """Give what would lose messages: a wrong clean-up, too small messages, several orders."""
    place = ("topics", name)
    if (config.get("cleanup.policy") == "compact") != (name in COMPACTED):
        right = "compact" if name in COMPACTED else "delete"
        what = f"topics.{name}: cleanup.policy must be {right}: its keys mean nothing else"
        yield document.problem((*place, "config"), what, "correct it")
    if topic.single and topic.partitions != 1:
        what = f"topics.{name}: has {topic.partitions} partitions, and is one order"
        yield document.problem((*place, "partitions"), what, "set 1")
    most = config.get("max.message.bytes", "0")
    if not most.isdigit() or int(most) < MOST_MESSAGE + ENVELOPE:
        what = f"topics.{name}: max.message.bytes is below {MOST_MESSAGE + ENVELOPE}"
        yield document.problem((*place, "config"), what, "a batch must fit")
