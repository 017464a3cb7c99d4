"""The official client as we use it: TLS, one identity, bounded times; its errors become ours."""

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from elastic_transport import OrjsonSerializer
from elasticsearch import (
    ApiError,
    AuthenticationException,
    AuthorizationException,
    ConflictError,
    Elasticsearch,
    NotFoundError,
    SerializationError,
    TransportError,
    UnsupportedProductError,
)

from pipeline.errors import IntegrityError, SaqshyError, StoreCorrupt, StoreError, StoreFull
from pipeline.settings import ElasticsearchSettings

_FULL = ("disk usage exceeded", "flood-stage", "read_only_allow_delete", "read-only / allow delete")

_TABLE: tuple[tuple[type[Exception], type[SaqshyError], str], ...] = (
    (
        AuthenticationException,
        StoreError,
        "knows no such user (correct elasticsearch.user and password_file, or api_key_file)",
    ),
    (
        AuthorizationException,
        StoreError,
        "does not let this user (give it its role of deploy/elasticsearch/roles.yml)",
    ),
    (ConflictError, IntegrityError, "holds another content"),
    (NotFoundError, StoreError, "does not have it (run saqshy cluster apply)"),
    (SerializationError, StoreCorrupt, "answered what is no JSON"),
    (UnsupportedProductError, StoreError, "is none (correct elasticsearch.urls)"),
)


def connect(settings: ElasticsearchSettings) -> Elasticsearch:
    """Make a client; nothing is asked yet. StoreError where a file of the settings is unreadable.

    It asks no other node by itself than the configured ones, and repeats only what reads.
    """
    logging.getLogger("elastic_transport.transport").setLevel(logging.WARNING)  # a line a request
    options: dict[str, Any] = {}
    try:
        if settings.api_key_file is not None:
            options["api_key"] = _first_line(settings.api_key_file)
        elif settings.user:
            password = _first_line(settings.password_file) if settings.password_file else ""
            options["basic_auth"] = (settings.user, password)
        if any(url.startswith("https") for url in settings.urls):
            options["ssl_context"] = _trust(settings)
    except OSError as error:
        raise StoreError(f"elasticsearch: a file of its settings is unreadable: {error}") from error
    return Elasticsearch(
        list(settings.urls),
        request_timeout=settings.timeout_seconds,
        max_retries=0,
        http_compress=settings.compress,
        serializers={"application/vnd.elasticsearch+json": OrjsonSerializer()},
        **options,
    )


def _trust(settings: ElasticsearchSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.ca)
    if settings.certificate is not None:
        context.load_cert_chain(settings.certificate, settings.key)
    return context


def _first_line(path: Any) -> str:
    line: str = path.read_text(encoding="utf-8").partition("\n")[0]
    return line.strip("\r")


@contextmanager
def mapped(what: str) -> Iterator[None]:
    """Let the client's errors leave the block as Saqshy's; ``what`` says what was asked for."""
    try:
        yield
    except (ApiError, TransportError) as error:
        raise translated(error, what) from error


def translated(error: ApiError | TransportError, what: str) -> SaqshyError:
    """Give the Saqshy error for one of the client's: what, why, the way out."""
    text = reason(error)
    if any(sign in text for sign in _FULL):
        return StoreFull(f"elasticsearch has no room left (free its disks): {what}: {text}")
    for kind, becomes, words in _TABLE:
        if isinstance(error, kind):
            return becomes(f"elasticsearch {words}: {what}: {text}")
    return StoreError(f"elasticsearch could not be asked (is it up?): {what}: {text}")


def reason(error: ApiError | TransportError) -> str:
    """Give the client's reason in one bounded line, without the request."""
    if isinstance(error, ApiError):
        body = error.body
        told = body.get("error", body) if isinstance(body, dict) else body
        if isinstance(told, dict):
            roots = told.get("root_cause") or [{}]
            told = f"{told.get('type', '')}: {told.get('reason') or roots[0].get('reason', '')}"
        text = f"{error.status_code} {told}"
    else:
        text = f"{type(error).__name__}: {error.message}"
    return " ".join(text.split())[:500]
