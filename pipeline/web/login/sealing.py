"""What is random, what is hashed, and what is encrypted: one key of the deployment for all.

Keys for each purpose are derived by HKDF-SHA-256 (RFC 5869); the keys of one-time codes are kept
under AES-256-GCM with the account's name as associated data, so that none fits another account.
"""

import base64
import hashlib
import hmac
import secrets
from binascii import Error as NotBase64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pipeline.errors import ConfigurationError, LoginRefused, Problem

KEY_BYTES = 32
_NONCE = 12


class Sealing:
    """Derives from the deployment's key; ValueError where that has not 32 bytes."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key has {len(key)} bytes, not {KEY_BYTES}")
        self._sealed = AESGCM(_derived(key, b"one-time keys"))
        self._forms = _derived(key, b"forms")

    def seal(self, text: str, owner: str) -> str:
        """Encrypt a text for its owner."""
        nonce = secrets.token_bytes(_NONCE)
        return _text(nonce + self._sealed.encrypt(nonce, text.encode(), owner.encode()))

    def unseal(self, sealed: str, owner: str) -> str:
        """Decrypt; LoginRefused where it was sealed under another key, or for another owner."""
        try:
            data = base64.urlsafe_b64decode(sealed)
            opened = self._sealed.decrypt(data[:_NONCE], data[_NONCE:], owner.encode())
        except (InvalidTag, NotBase64, ValueError) as error:
            raise LoginRefused(f"the one-time key of {owner} is of another deployment") from error
        return opened.decode()

    def form_token(self, family: str) -> str:
        """Give what a form of this session carries: nobody without the key can make it."""
        return _text(hmac.digest(self._forms, family.encode(), "sha256"))

    def form_fits(self, family: str, shown: str) -> bool:
        """Tell whether a form is of this session."""
        return hmac.compare_digest(self.form_token(family).encode(), shown.encode())


def fresh() -> str:
    """Make 256 random bits as text."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Give under what a random secret is kept; it is long enough to need no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


def read_key(encoded: str, file: str) -> Sealing:
    """Read the deployment's key from its file's text; ConfigurationError where it is none."""
    try:
        return Sealing(base64.b64decode(encoded.strip(), validate=True))
    except (NotBase64, ValueError) as error:
        way_out = "make one by: saqshy accounts init"
        raise ConfigurationError(
            [Problem(file, 0, f"is no login key: {error}", way_out)]
        ) from error


def new_key() -> str:
    """Make a deployment's key, as its file holds it."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n"


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"saqshy login: " + purpose).derive(key)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()
