"""Sharing marks: the Traffic Light Protocol in both versions, the strictest of several counting.

Sources: FIRST, TLP 2.0 (2022); STIX 2.1, section 7.2.1.4 (the marking definitions of TLP 1.0);
OASIS STIX Common Objects, extension definition TLP 2.0 (those of 2.0).
"""

from collections.abc import Iterable
from typing import Any, TypeAlias

Mark: TypeAlias = tuple[str, str]
"""A label without its prefix and the version of TLP; ("", "") where nothing is said."""

UNMARKED: Mark = ("", "")
_STRICTNESS = ("", "WHITE", "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
KNOWN: dict[str, Mark] = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": ("WHITE", "1.0"),
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": ("GREEN", "1.0"),
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": ("AMBER", "1.0"),
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": ("RED", "1.0"),
    "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": ("CLEAR", "2.0"),
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": ("GREEN", "2.0"),
    "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": ("AMBER", "2.0"),
    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": ("AMBER+STRICT", "2.0"),
    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": ("RED", "2.0"),
}


def mark(text: Any) -> Mark:
    """Read a label such as ``TLP:AMBER+STRICT`` or ``green``; UNMARKED where it is none."""
    if not isinstance(text, str):
        return UNMARKED
    label = text.strip().upper().removeprefix("TLP:").strip()
    if label in ("WHITE", "EX:CHR"):
        return "WHITE", "1.0"
    return (label, "2.0") if label in _STRICTNESS[2:] else UNMARKED


def strictest(marks: Iterable[Mark]) -> Mark:
    """Give the mark that asks for most."""
    return max(marks, key=lambda one: _STRICTNESS.index(one[0]), default=UNMARKED)
