"""What stopped a client, as Saqshy's errors: delayed or refused, and by which bounded code.

Client libraries wrap the same few causes in many ways; the innermost one that is known decides. A
message names the place as it was given, and nothing that a URL's path or query may hide.
"""

import socket
import ssl
from collections.abc import Iterator

from pipeline.errors import DeliveryDelayed, DeliveryError, DeliveryRefused


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Give an error and what stands behind it, outermost first."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def tls_or_name(place: str, error: BaseException) -> DeliveryError | None:
    """Map what TLS or the resolver said, wherever it is wrapped; None where neither did.

    A certificate that is not accepted needs a person, on either side; a name that does not resolve
    may come back.
    """
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            what = f"{place}: its certificate is not accepted: {cause.verify_message}"
            return DeliveryRefused(what, "certificate")
        if isinstance(cause, ssl.SSLError) and "ALERT" in (cause.reason or ""):
            what = f"{place}: it does not accept our certificate: {cause.reason}"
            return DeliveryRefused(what, "not_let_in")
        if isinstance(cause, socket.gaierror):
            what = f"{place}: its name does not resolve: {cause.strerror}"
            return DeliveryDelayed(what, "no_name")
    return None
