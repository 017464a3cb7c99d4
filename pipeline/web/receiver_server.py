"""The receiver's server: mutual TLS 1.3; without a certificate of our CA nobody gets in.

Where a list of revoked certificates is set, a sender needs to be absent from a valid one: while it
is missing its issuer's list, or that has expired, nobody gets in (RFC 5280, section 6.3).
"""

import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
import uvicorn
from cryptography import x509
from starlette.applications import Starlette

from pipeline.errors import ConfigurationError, Problem

log = structlog.get_logger("saqshy.receiver")


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """The server's certificate and key, the CA whose clients it lets in, and whom that revoked."""

    certificate: Path
    key: Path
    ca: Path
    crl: Path | None = None


def receiver_server(app: Starlette, tls: ssl.SSLContext) -> uvicorn.Server:
    """Build the server; run it with ``server.run(sockets=[…])``, which returns when it is ended."""
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
    if identity.crl is not None:
        tls.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        try:
            tls.load_verify_locations(identity.crl)
        except OSError as error:
            problems.append(_unusable(identity.crl, error))
    if problems:
        raise ConfigurationError(problems)
    return tls


@dataclass(slots=True)
class Revocations:
    """Reads a list of revoked certificates again where its file has changed."""

    tls: ssl.SSLContext
    crl: Path
    _seen: tuple[int, int] = (0, 0)
    _ends: datetime | None = None
    _told: bool = False

    def refresh(self, now: datetime) -> None:
        """Look at the file; what cannot be read, or has expired, is told once."""
        try:
            stat = self.crl.stat()
            if (stat.st_mtime_ns, stat.st_size) != self._seen:
                self.tls.load_verify_locations(self.crl)
                self._ends = x509.load_pem_x509_crl(self.crl.read_bytes()).next_update_utc
                self._seen, self._told = (stat.st_mtime_ns, stat.st_size), False
        except (OSError, ValueError) as error:
            self._tell(f"cannot be read: {type(error).__name__}")
            return
        if self._ends is not None and self._ends < now:
            self._tell(f"has expired at {self._ends:%Y-%m-%dT%H:%M:%SZ}: nobody is let in")

    def _tell(self, what: str) -> None:
        if not self._told:
            log.error("receiver.revocations", file=str(self.crl), what=what)
        self._told = True


def _unusable(path: Path, error: OSError) -> Problem:
    return Problem(str(path), 0, f"cannot be used for TLS: {error.strerror or error}")
