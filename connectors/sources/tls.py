"""A listener's side of TLS: its context, kept up with its files, and what a handshake showed.

TLS 1.2 and later (RFC 5425, section 4.1, as RFC 9662 updates it). No session tickets: a sender
that only writes leaves them unread, and its system then ends the connection by a reset, which
throws away what we had not read yet.
"""

import hashlib
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.errors import SourceError
from pipeline.settings import ListenerSettings, TlsSettings

LOOK_SECONDS = 5.0  # how often the files are looked at
# By what X.509 verification found (openssl-verification-options(1)): a bounded reason.
_VERIFIED = {
    9: "certificate_not_yet_valid",
    10: "certificate_expired",
    2: "certificate_unknown",
    18: "certificate_unknown",
    19: "certificate_unknown",
    20: "certificate_unknown",
    21: "certificate_unknown",
}
_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNEXPECTED_MESSAGE", "BAD_LENGTH"})
_TOO_OLD = frozenset({"UNSUPPORTED_PROTOCOL", "VERSION_TOO_LOW", "NO_PROTOCOLS_AVAILABLE"})
WAYS_OUT = {
    "certificate_missing": "it showed no certificate: give it one, signed by {ca}",
    "certificate_expired": "its certificate has expired: give it a new one, signed by {ca}",
    "certificate_not_yet_valid": "its certificate is not valid yet: set its clock, or ours",
    "certificate_unknown": "its certificate is signed by nobody in {ca}: add who signed it there, "
    "or give it one signed by them",
    "certificate_refused": "its certificate does not hold: give it one for clients, signed by {ca}",
    "our_certificate_refused": "it did not accept our certificate: give it the authority that "
    "signed {certificate}",
    "not_tls": "it does not speak TLS: set it to TLS, or give it a listener of kind syslog_tcp",
    "tls_version": "it knows no TLS from 1.2 on: update it, or put a relay before it",
    "handshake_timeout": "it did not finish the handshake in time: see whether it speaks TLS",
    "handshake": "the handshake failed: compare its TLS versions and ciphers with ours",
}
_OURS_REFUSED = ("ALERT_UNKNOWN_CA", "ALERT_BAD_CERTIFICATE", "ALERT_CERTIFICATE", "ALERT_UNSUPP")


def reason_of(error: OSError) -> str:
    """Give the bounded reason of a handshake that failed, a key of ``WAYS_OUT``."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _VERIFIED.get(error.verify_code, "certificate_refused")
    reason = getattr(error, "reason", None) or ""
    if reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE":
        return "certificate_missing"
    if reason in _NOT_TLS:
        return "not_tls"
    if reason in _TOO_OLD:
        return "tls_version"
    if any(word in reason for word in _OURS_REFUSED):
        return "our_certificate_refused"
    return "handshake"


def names_of(connection: ssl.SSLObject) -> tuple[str, ...]:
    """Give what a verified certificate says of the peer: DNS names, common name, fingerprint.

    Empty where the peer showed none. Source: RFC 5425, section 5.2; RFC 5280, 4.2.1.6.
    """
    encoded = connection.getpeercert(binary_form=True)
    shown: dict[str, Any] = dict(connection.getpeercert() or {})  # empty where not verified
    if not encoded or not shown:
        return ()
    alternative = shown.get("subjectAltName", ())
    found = [str(value) for kind, value in alternative if kind in ("DNS", "IP Address")]
    subject = shown.get("subject", ())
    found += [
        str(value) for part in subject for name, value in part if name == "commonName" and value
    ]
    fingerprint = f"sha256:{hashlib.sha256(encoded).hexdigest()}"
    return (*dict.fromkeys(found), fingerprint)


class ListenerTls:
    """The context of one listener; made anew when certificate, key or authorities change.

    ``trouble`` says why a change was not taken; the context before it stays in force then.
    """

    def __init__(self, listener: ListenerSettings, clock: Callable[[], float]) -> None:
        if listener.tls is None:
            raise SourceError(
                f"{listener.name}: TLS without a certificate; add listeners.{listener.name}.tls "
                "with certificate, key and ca"
            )
        self.settings: TlsSettings = listener.tls
        self.trouble = ""
        self._name = listener.name
        self._clock = clock
        self._context: ssl.SSLContext | None = None
        self._state: tuple[object, ...] = ()
        self._look_at = 0.0

    def open(self) -> None:
        """Read the files; SourceError where they cannot be used."""
        self._state = self._stamps()
        self._context = self._made()
        self._look_at = self._clock() + LOOK_SECONDS
        self.trouble = ""

    @property
    def context(self) -> ssl.SSLContext:
        """Give the context for the next connection; looks at the files every five seconds."""
        if self._context is None or self._clock() >= self._look_at:
            self._renew()
        assert self._context is not None
        return self._context

    def way_out(self, reason: str) -> str:
        """Say what a refused sender lacks and what would mend it."""
        ca = self.settings.ca or "listeners' ca"
        return WAYS_OUT[reason].format(ca=ca, certificate=self.settings.certificate)

    def _renew(self) -> None:
        self._look_at = self._clock() + LOOK_SECONDS
        state = self._stamps()
        if state == self._state and self._context is not None:
            return
        try:
            self._context = self._made()
        except SourceError as error:
            if self._context is None:
                raise
            # Files are replaced one after another: until they fit, the next look tries again.
            self.trouble = f"{error}; the certificate read before stays in force"
            return
        self._state, self.trouble = state, ""

    def _files(self) -> tuple[Path, ...]:
        one = self.settings
        return (one.certificate, one.key, *((one.ca,) if one.ca else ()))

    def _stamps(self) -> tuple[object, ...]:
        stamps: list[object] = []
        for path in self._files():
            try:
                found = path.stat()
            except OSError:
                stamps.append(None)
                continue
            stamps.append((found.st_mtime_ns, found.st_size, found.st_ino))
        return tuple(stamps)

    def _made(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
        context.num_tickets = 0
        required = self.settings.client_certificates == "required"
        setting = f"listeners.{self._name}.tls"
        if self.settings.ca is None:
            if required:
                raise SourceError(
                    f"{self._name}: client certificates are required, but nothing says whose; "
                    f"add {setting}.ca, or set client_certificates: optional"
                )
        else:
            context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
            # A certificate that stands in the file itself is trusted, whoever signed it.
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        self._load(context, setting)
        return context

    def _load(self, context: ssl.SSLContext, setting: str) -> None:
        one = self.settings
        try:
            context.load_cert_chain(one.certificate, one.key, password=_no_password)
        except (OSError, ValueError) as error:
            raise SourceError(
                f"{self._name}: certificate {one.certificate} and key {one.key} cannot be used "
                f"({_words(error)}); give a PEM chain and its unencrypted key in {setting}"
            ) from error
        if one.ca is None:
            return
        try:
            context.load_verify_locations(one.ca)
        except (OSError, ValueError) as error:
            raise SourceError(
                f"{self._name}: the authorities in {one.ca} cannot be read ({_words(error)}); "
                f"give PEM certificates in {setting}.ca"
            ) from error


def _no_password() -> str:
    """Refuse an encrypted key, else the library would ask for a password on the terminal."""
    raise ValueError("the key is encrypted")


def _words(error: Exception) -> str:
    return str(getattr(error, "reason", None) or getattr(error, "strerror", None) or error)
