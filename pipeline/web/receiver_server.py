"""The receiver's server: mutual TLS 1.3; without a certificate of our CA nobody gets in."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from pipeline.errors import ConfigurationError, Problem


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """The server's certificate and key, and the CA whose clients it lets in."""

    certificate: Path
    key: Path
    ca: Path


def receiver_server(app: Starlette, identity: ServerIdentity) -> uvicorn.Server:
    """Build the server; run it with ``server.run(sockets=[…])``, which returns when it is ended.

    Raises ConfigurationError where a file of the identity cannot be used.
    """
    tls = mutual_tls(identity)
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=256,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=1,
        ssl_context_factory=lambda _config, _default: tls,
    )
    return uvicorn.Server(config)


def mutual_tls(identity: ServerIdentity) -> ssl.SSLContext:
    """Build the server's side of mutual TLS 1.3; ConfigurationError with what cannot be read."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_3
    tls.verify_mode = ssl.CERT_REQUIRED
    problems = []
    try:
        tls.load_verify_locations(identity.ca)
    except OSError as error:
        problems.append(_unusable(identity.ca, error))
    try:
        tls.load_cert_chain(identity.certificate, identity.key)
    except OSError as error:
        problems.append(_unusable(identity.certificate, error))
    if problems:
        raise ConfigurationError(problems)
    return tls


def _unusable(path: Path, error: OSError) -> Problem:
    return Problem(str(path), 0, f"cannot be used for TLS: {error.strerror or error}")
