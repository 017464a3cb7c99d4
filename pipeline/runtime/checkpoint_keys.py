"""The keys of checkpoints: ours, which signs, and those whose signatures are trusted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from pipeline.errors import ConfigurationError, Problem
from pipeline.incidents.checkpoints import TYPE, Sign, unsigned
from pipeline.settings import AuditSettings

ALGORITHM = "Ed25519"  # RFC 9864
PLACE = "audit.signing_key"


@dataclass(frozen=True, slots=True)
class Signing:
    """Sign a statement: a JWS in compact form (RFC 7515, 7.1) by Ed25519."""

    key: OKPKey

    def __call__(self, statement: bytes) -> str:
        """Give the token."""
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": self.key.thumbprint()}
        return jws.serialize_compact(header, statement, self.key, algorithms=[ALGORITHM])


@dataclass(frozen=True, slots=True)
class Trusted:
    """Tell whether one of the trusted keys signed a token."""

    keys: Sequence[OKPKey]

    def __call__(self, token: str) -> bool:
        """Try each key; a token that says another algorithm is signed by none."""
        return any(_signed(token, key) for key in self.keys)


def signing(settings: AuditSettings) -> Sign:
    """Give who signs checkpoints; without a key they stay unsigned.

    ConfigurationError where the key cannot be used.
    """
    if settings.signing_key is None:
        return unsigned
    return Signing(_read(settings.signing_key, PLACE, private=True))


def trusted(settings: AuditSettings, more: Iterable[Path] = ()) -> Trusted | None:
    """Give the trusted keys: ours, former ones, and ``more``; None where there is none.

    ConfigurationError with every file that is no Ed25519 key.
    """
    own = [settings.signing_key] if settings.signing_key is not None else []
    keys: list[OKPKey] = []
    problems: list[Problem] = []
    places = [(path, PLACE) for path in own]
    places += [(path, "audit.verifying_keys") for path in settings.verifying_keys]
    places += [(path, "--key") for path in more]
    for path, place in places:
        try:
            keys.append(_read(path, place, private=False))
        except ConfigurationError as error:
            problems += error.problems
    if problems:
        raise ConfigurationError(problems)
    return Trusted(keys) if keys else None


def _signed(token: str, key: OKPKey) -> bool:
    try:
        jws.deserialize_compact(token, key, algorithms=[ALGORITHM])
    except (JoseError, ValueError):
        return False
    return True


def _read(path: Path, place: str, *, private: bool) -> OKPKey:
    try:
        key = OKPKey.import_key(path.read_bytes())
    except (OSError, ValueError, JoseError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        what = f"an Ed25519 key in PEM cannot be read: {reason}"
        raise ConfigurationError([Problem(str(path), 0, what, f"check {place}")]) from error
    if not isinstance(key.raw_value, Ed25519PrivateKey | Ed25519PublicKey):
        raise ConfigurationError([Problem(str(path), 0, "is no Ed25519 key", f"check {place}")])
    if private and not key.is_private:
        what = "is public: signing needs the private key"
        raise ConfigurationError([Problem(str(path), 0, what, f"check {place}")])
    return key
