"""Where ATT&CK describes a technique."""

import re
from typing import Final

SOURCE: Final = "mitre-attack"  # the name that STIX and ATT&CK itself use for these ids
_TECHNIQUE = re.compile(r"T\d{4}(\.\d{3})?")


def technique_address(technique: str) -> str:
    """Give the page of a technique or a sub-technique (``T1110.003``), of all where it is none."""
    known = _TECHNIQUE.fullmatch(technique)
    place = technique.replace(".", "/") + "/" if known else ""
    return f"https://attack.mitre.org/techniques/{place}"
