"""Receipts that a recipient signed: a compact JWS by Ed25519 that names notice and letter."""

from typing import Any

import orjson
from joserfc import jws
from joserfc.jwk import OKPKey

from pipeline.model import Json

ALGORITHM = "Ed25519"  # RFC 9864
TYPE = "saqshy-receipt+jws"


def receipt_claims(token: str, key: OKPKey) -> Json:
    """Give the claims of a receipt that verifies; JoseError, ValueError or TypeError where not."""
    signed = jws.deserialize_compact(token, key, algorithms=[ALGORITHM])
    if signed.headers().get("typ") != TYPE:
        raise ValueError("signed, but not as a receipt")
    claims: Any = orjson.loads(signed.payload)
    if not isinstance(claims, dict):
        raise TypeError("the receipt has no claims")
    return claims
