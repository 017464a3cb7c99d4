"""TLS of console and API: a certificate of ours, and those that machines show."""

import asyncio
import ssl
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from connectors.sources.tls import names_of
from pipeline.errors import ConfigurationError, Problem
from pipeline.settings import ServingSettings
from pipeline.web.login import CERTIFICATES


class CertifiedConnection(H11Protocol):
    """Uvicorn's connection, with the names of the verified client certificate in its state."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection in."""
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        names = names_of(tls) if tls is not None else ()
        self.app_state = {**self.app_state, CERTIFICATES: names}


def serving_tls(serving: ServingSettings) -> ssl.SSLContext | None:
    """Build the server's side of TLS; None without a certificate.

    TLS 1.2 and 1.3. With ``clients_ca`` a certificate of that authority is taken where one is
    shown: a browser needs none. ConfigurationError with what cannot be read.
    """
    if serving.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    problems = []
    try:
        context.load_cert_chain(serving.certificate, serving.key)
    except (OSError, ssl.SSLError) as error:
        what = f"{serving.certificate} and {serving.key} are no certificate with its key: {error}"
        problems.append(Problem("serving.certificate", 0, what))
    if serving.clients_ca is not None:
        context.verify_mode = ssl.CERT_OPTIONAL
        try:
            context.load_verify_locations(serving.clients_ca)
        except (OSError, ssl.SSLError) as error:
            what = f"{serving.clients_ca} is no authority: {error}"
            problems.append(Problem("serving.clients_ca", 0, what))
    if problems:
        raise ConfigurationError(problems)
    return context


def tls_options(context: ssl.SSLContext | None) -> dict[str, Any]:
    """Give what uvicorn is configured with; nothing without TLS."""
    if context is None:
        return {}
    return {"http": CertifiedConnection, "ssl_context_factory": lambda _config, _default: context}
