"""What can be wrong with the ways in, beyond what the settings' own types say."""

from collections.abc import Iterator

from connectors.sources.http_intake import http_problems
from connectors.sources.http_tokens import ANY, read_tokens
from connectors.sources.kafka_settings import kafka_problems
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
        yield from _tls_problems(listener, place)
        if listener.kind == "kafka":
            yield from kafka_problems(listener)
        yield from _http_problems(listener, known if registry is not None else None)
        if listener.format and listener.format not in FORMATS:
            yield unknown_format(listener.format, place)
        if listener.source and registry is not None and listener.source not in known:
            way_out = f"object/source, one of: {', '.join(sorted(known))}"
            yield Problem(place, 0, f"no source {listener.source!r} is registered", way_out)


def _path_problems(listener: ListenerSettings, place: str) -> Iterator[Problem]:
    local = listener.kind in ("file", "folder")
    if local and listener.path is None:
        yield Problem(place, 0, f"a {listener.kind} listener needs a path", "add path")
    if not local and listener.path is not None:
        yield Problem(place, 0, "only a file or folder listener has a path", "remove it")


def _http_problems(listener: ListenerSettings, known: set[str] | None) -> Iterator[Problem]:
    if listener.kind != "http":
        return
    found = list(http_problems(listener))
    yield from found
    if found or known is None:
        return
    for token in read_tokens(listener.http.tokens).known:
        if token.source != ANY and token.source not in known:
            message = f"no source {token.source!r} is registered"
            yield Problem(token.file, token.line, message, "correct it, or register the source")


def _tls_problems(listener: ListenerSettings, place: str) -> Iterator[Problem]:
    tls = listener.tls
    if tls is None:
        if listener.kind == "syslog_tls":
            way_out = "add tls with certificate, key and ca"
            yield Problem(place, 0, "a listener of kind syslog_tls needs a certificate", way_out)
        return
    if listener.kind not in {"syslog_tls", "http"}:
        yield Problem(place, 0, f"kind {listener.kind} has no tls", "remove it, or set syslog_tls")
    if tls.ca is None and tls.client_certificates == "required":
        message = "client certificates are required, but nothing says whose"
        yield Problem(f"{place}.tls", 0, message, "add ca, or set client_certificates: optional")
    for name in ("certificate", "key", "ca"):
        path = getattr(tls, name)
        if path is not None and not path.is_file():
            yield Problem(f"{place}.tls.{name}", 0, f"there is no file {path}", "correct the path")
