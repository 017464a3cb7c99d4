"""One-time codes by time (RFC 6238) and recovery codes; each is taken once."""

import base64
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import pyotp

from pipeline.model import NANOSECONDS, Instant
from pipeline.web.login.sealing import digest

STEP = 30  # seconds, as every authenticator application has it
AROUND = (0, -1, 1)  # a clock may be one step off
RECOVERY_CODES = 10


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A new key, and the address that an authenticator application reads from a picture."""

    key: str
    address: str


def enrolment(name: str, issuer: str, key: str = "") -> Enrolment:
    """Make the key of an account's codes; or show the one that is given."""
    key = key or pyotp.random_base32(32)
    address = pyotp.TOTP(key, interval=STEP).provisioning_uri(name=name, issuer_name=issuer)
    return Enrolment(key, address)


def step_of(key: str, code: str, now: Instant, last: int) -> int | None:
    """Give the step of which a code is; None where it is of none, or of one taken already."""
    code = "".join(code.split())
    if not (len(code) == 6 and code.isascii() and code.isdigit()):
        return None
    codes = pyotp.TOTP(key, interval=STEP)
    current = now // NANOSECONDS // STEP
    for step in (current + one for one in AROUND):
        if hmac.compare_digest(codes.at(step * STEP), code):
            return step if step > last else None
    return None


def recovery_codes() -> tuple[str, ...]:
    """Make codes for the day on which the authenticator is lost: 80 bits each."""
    return tuple(
        base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODES)
    )


def without(kept: Sequence[str], code: str) -> tuple[str, ...] | None:
    """Give the kept codes without one that was shown; None where it is none of them."""
    shown = digest("".join(code.split()).lower())
    return tuple(one for one in kept if one != shown) if shown in kept else None
