"""What every part of a registry record is made of: closed models, codes, texts, addresses."""

import re
from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints


class Part(BaseModel):
    """A frozen part of a record; unknown keys are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", coerce_numbers_to_str=False, hide_input_in_errors=True
    )

    def __eq__(self, other: object) -> bool:
        # Parts that nobody wrote are all the one default: most comparisons end with the first line.
        if self is other:
            return True
        if type(self) is not type(other):
            return False
        mine, theirs = self.__dict__, other.__dict__
        if mine.keys() == theirs.keys():  # what is cached there follows from the fields
            return mine == theirs
        return super().__eq__(other)

    __hash__ = BaseModel.__hash__


Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
"""A name that programs compare: an object's, a party's, a role's."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
"""A text for people."""

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""A country by its two letters (ISO 3166-1): ``KZ``."""

_SHA256 = 64  # hexadecimal digits
_FINGERPRINT = re.compile(r"(?:sha-?256[:=])?([0-9a-f]{2}(?::?[0-9a-f]{2})*)", re.IGNORECASE)


def _address(value: Any) -> Any:
    if isinstance(value, str):
        ip_network(value, strict=False)
    return value


Address = Annotated[str, BeforeValidator(_address)]
"""An IP address or a network."""


def certificate_key(value: str) -> str:
    """Fold a certificate's name or fingerprint to what it is compared by.

    A fingerprint is 64 hexadecimal digits, with or without colons and ``sha256:`` (also
    ``SHA-256:``, as RFC 5425, section 4.2.2 writes it).
    """
    folded = value.strip().rstrip(".").casefold()
    match = _FINGERPRINT.fullmatch(folded)
    digits = match[1].replace(":", "") if match else ""
    return f"sha256:{digits}" if len(digits) == _SHA256 else folded


def _certificate(value: Any) -> Any:
    if isinstance(value, str) and re.match(r"sha-?\d*[:=]", value, re.IGNORECASE):
        key = certificate_key(value)
        if not key.startswith("sha256:") or len(key) != len("sha256:") + _SHA256:
            raise ValueError("a fingerprint is sha256: and 64 hexadecimal digits")
    return value


Certificate = Annotated[Text, BeforeValidator(_certificate)]
"""A certificate by its DNS or common name, or by its SHA-256 fingerprint."""


def host_key(name: str) -> str:
    """Fold a host name to what it is compared by."""
    return name.strip().rstrip(".").casefold()
