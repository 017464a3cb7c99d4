"""What can be wrong with the ways in, beyond what the settings' own types say."""

from collections.abc import Iterator

from pipeline.errors import Problem
from pipeline.normalize import FORMATS, unknown_format
from pipeline.registry import Registry
from pipeline.settings import ListenerSettings, Settings


def listener_problems(settings: Settings, registry: Registry | None) -> Iterator[Problem]:
    """Give every problem of the listeners: names, paths, formats, sources nobody registered."""
    known = {
        f"{record.id}/{source.id}"
        for record in (registry.objects() if registry is not None else ())
        for source in record.sources
    }
    seen: set[str] = set()
    for listener in settings.listeners:
        place = f"settings: listeners.{listener.name}"
        if listener.name in seen:
            yield Problem(place, 0, "two listeners have this name", "rename one")
        seen.add(listener.name)
        yield from _path_problems(listener, place)
        if listener.format and listener.format not in FORMATS:
            yield unknown_format(listener.format, place)
        if listener.source and registry is not None and listener.source not in known:
            way_out = f"object/source, one of: {', '.join(sorted(known))}"
            yield Problem(place, 0, f"no source {listener.source!r} is registered", way_out)


def _path_problems(listener: ListenerSettings, place: str) -> Iterator[Problem]:
    if listener.kind == "file" and listener.path is None:
        yield Problem(place, 0, "a file listener needs a path", "add path")
    if listener.kind != "file" and listener.path is not None:
        yield Problem(place, 0, "only a file listener has a path", "remove it")
