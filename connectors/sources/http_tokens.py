"""Who may send over HTTP: tokens of sources, of which only the hashes are kept.

A file holds lines ``SHA256 object/source``, as ``sha256sum`` would write them; ``*`` instead of a
source leaves it to the registry whose each record is. Hashed is what the sender shows: the token of
``Bearer`` (RFC 6750), ``id:key`` of ``ApiKey`` and ``user:password`` of ``Basic`` (RFC 7617), both
in base64.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pipeline.errors import ConfigurationError, Problem

ANY = "*"
_LINE = re.compile(r"([0-9a-fA-F]{64})\s+(\S+)")
_WAY_OUT = "write: SHA256 object/source (printf %s TOKEN | sha256sum gives the hash)"


@dataclass(frozen=True, slots=True)
class Token:
    """The hash of one token, whose records come with it, and where it is written."""

    digest: bytes
    source: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one listener."""

    known: tuple[Token, ...] = ()

    def source_of(self, authorization: str) -> str | None:
        """Give whose records a header ``Authorization`` lets in; None where it lets nobody in.

        Every known hash is compared, each in constant time.
        """
        digest = sha256(_secret(authorization)).digest()
        found = None
        for token in self.known:
            if hmac.compare_digest(digest, token.digest):
                found = token.source
        return found


def _secret(authorization: str) -> bytes:
    scheme, _, value = authorization.strip().partition(" ")
    given = value.strip().encode("utf-8", "surrogateescape")
    if scheme.casefold() in ("apikey", "basic"):
        try:
            return base64.b64decode(given, validate=True)
        except binascii.Error:
            return b""
    return given if scheme.casefold() == "bearer" else b""


def read_tokens(files: Iterable[Path]) -> Tokens:
    """Read token files; ConfigurationError with every line that is none."""
    known: list[Token] = []
    problems: list[Problem] = []
    for path in files:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "is no UTF-8 text"
            problems.append(Problem(str(path), 0, f"cannot be read: {reason}", "see http.tokens"))
            continue
        for number, line in enumerate(lines, 1):
            text = line.partition("#")[0].strip()
            if not text:
                continue
            match = _LINE.fullmatch(text)
            if match is None or (match[2] != ANY and match[2].count("/") != 1):
                problems.append(Problem(str(path), number, "is no hash and source", _WAY_OUT))
                continue
            digest = bytes.fromhex(match[1])
            if any(digest == token.digest for token in known):
                message = "this token is written twice"
                problems.append(Problem(str(path), number, message, "one source has one token"))
            known.append(Token(digest, match[2], str(path), number))
    if problems:
        raise ConfigurationError(problems)
    return Tokens(tuple(known))
