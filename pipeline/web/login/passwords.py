"""Passwords: argon2id with the second recommended parameters of RFC 9106, section 4.

Sixty-four megabytes a time, so only a few are reckoned at once. Whether there is such an account is
not told by time: without one the same work is done on a password that nobody has.
"""

import threading
import unicodedata
from collections.abc import Iterator

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 256  # characters
AT_ONCE = 2


class Passwords:
    """Makes and checks what is kept of passwords; safe to call from several threads."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(
            time_cost=3, memory_cost=65_536, parallelism=4, type=Type.ID
        )
        self._nobody = self._hasher.hash("the password of nobody")
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def made(self, password: str) -> str:
        """Give what is kept of a password."""
        with self._turns:
            return self._hasher.hash(_plain(password))

    def fits(self, kept: str, password: str) -> bool:
        """Tell whether a password is the kept one; with "" it never is, and takes as long."""
        with self._turns:
            try:
                right = self._hasher.verify(kept or self._nobody, _plain(password)[: LONGEST * 4])
            except (VerificationError, InvalidHashError):
                return False
        return right and bool(kept)

    def outdated(self, kept: str) -> bool:
        """Tell whether a password was kept under weaker parameters."""
        return self._hasher.check_needs_rehash(kept)


def password_problems(password: str, name: str) -> Iterator[str]:
    """Say what stands against a new password (NIST SP 800-63B, 5.1.1: length, not composition)."""
    plain = _plain(password)
    if not SHORTEST <= len(plain) <= LONGEST:
        yield f"a password has {SHORTEST} to {LONGEST} characters"
    if len(set(plain)) < 5:
        yield "a password has five different characters at least"
    if name and name.casefold() in plain.casefold():
        yield "a password does not contain its account's name"


def _plain(password: str) -> str:
    """Bring a password into the form in which every keyboard's spelling is one (RFC 8265)."""
    return unicodedata.normalize("NFC", password)
