"""How a feed's server is reached: over TLS where a secret is shown, and within bounds."""

import ssl
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from pipeline.errors import SourceError

MOST_PAGE = 64 * 1024 * 1024  # bytes unpacked


def refuse_plain(name: str, url: str) -> None:
    """Refuse to show a secret to whoever listens on the way; SourceError."""
    split = urlsplit(url)
    host = split.hostname or ""
    try:
        local = ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    if split.scheme != "https" and not local:
        raise SourceError(f"{name}: a password, key or token goes over HTTPS only; use https://")


def tls(ca: Path | None, certificate: Path | None, key: Path | None) -> ssl.SSLContext:
    """Give TLS of 1.2 at least; OSError or ssl.SSLError where a file does not read."""
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    return context


def secret(path: Path) -> str:
    """Read a secret of one line; OSError where there is no such file."""
    return path.read_text(encoding="utf-8").strip()


def bounded(response: httpx.Response, most: int = MOST_PAGE) -> bytes | None:
    """Read an answer; None where it is longer than ``most`` bytes."""
    data = bytearray()
    for piece in response.iter_bytes(1 << 18):
        data += piece
        if len(data) > most:
            return None
    return bytes(data)
