"""Whose certificates a client believes: authorities, and the list of what they revoked.

The list is read again when its file changes: a revocation must not wait for a restart. Where a list
is set, a certificate without a valid one for its issuer is not accepted (RFC 5280, section 6.3): an
expired list refuses everybody, and says so, since what it does not know yet may be the answer.
"""

import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import ConfigurationError, DeliveryRefused, Problem


class Trust:
    """A client's TLS context; ``place`` is the setting that its files stand under."""

    def __init__(
        self,
        ca: Path | None,
        crl: Path | None,
        place: str,
        minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    ) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.minimum_version = minimum
        self._crl, self._seen = crl, (0, 0)
        self._guard = threading.Lock()
        problems = list(self._authorities(ca, place))
        if crl is not None:
            self.context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
            try:
                self._read_again(crl)
            except OSError as error:
                problems.append(unusable(crl, "the list of revoked certificates", error, place))
        if problems:
            raise ConfigurationError(problems)

    def refresh(self) -> bool:
        """Read the list of revoked certificates where it has changed; tell whether it had.

        DeliveryRefused where it cannot be read.
        """
        if self._crl is None:
            return False
        try:
            with self._guard:
                return self._read_again(self._crl)
        except OSError as error:
            reason = error.strerror or str(error)
            what = f"{self._crl}: the list of revoked certificates cannot be read: {reason}"
            raise DeliveryRefused(what, "certificate") from error

    def _authorities(self, ca: Path | None, place: str) -> Iterator[Problem]:
        try:
            if ca is None:
                self.context.load_default_certs()
            else:
                self.context.load_verify_locations(ca)
        except OSError as error:
            assert ca is not None
            yield unusable(ca, "the CA's certificates", error, place)

    def _read_again(self, crl: Path) -> bool:
        stat = crl.stat()
        seen = (stat.st_mtime_ns, stat.st_size)
        if seen == self._seen:
            return False
        self.context.load_verify_locations(crl)
        self._seen = seen
        return True


def unusable(path: Path, what: str, error: Exception, place: str) -> Problem:
    """Say that a file of a channel's settings cannot be used."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return Problem(str(path), 0, f"{what} cannot be read: {reason}", f"check {place}")
