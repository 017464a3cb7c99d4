"""One object's record as plain JSON: its flags, whom it names, whether it is attested open."""

from pipeline.model import Json

ALWAYS = 1 << 62
_PLAIN = ("state_body", "strategic", "government_communications", "cross_border")
_FILLED = {"hosted": "hosted_on", "physical_hazard": "physical_hazards"}
_VALUED = {"reach": "reach", "ownership": "ownership", "financial": "financial_subject"}


def flags(record: Json, at: int) -> frozenset[str]:
    """Give what a record says of its object at an instant, as the rows of a pack ask for it.

    An object is critical while the Government's list has it (1(24), 6(4)).
    """
    found = {"connected", *(f"class:{name}" for name in record.get("classes") or ())}
    found.update(name for name in _PLAIN if record.get(name))
    found.update(flag for flag, key in _FILLED.items() if record.get(key))
    found.update(f"{flag}:{record[key]}" for flag, key in _VALUED.items() if record.get(key))
    listing = record.get("critical")
    if listing is not None:
        found |= _critical(listing, at)
    branch = record.get("sector") or (listing or {}).get("sector")
    stage = (record.get("lifecycle") or {}).get("stage")
    named = {
        "e_government": record.get("e_government") is not None,
        "financial": record.get("financial_subject") is not None,
        "personal_data": record.get("personal_data") is True,
        "ncc_connected": (record.get("ncc") or {}).get("link") == "connected",
        "trial": stage == "trial",
        f"stage:{stage}": stage is not None,
        f"sector:{branch}": branch is not None,
    }
    return frozenset(found | {flag for flag, holds in named.items() if holds})


def _critical(listing: Json, at: int) -> set[str]:
    since, until = listing.get("listed_at"), listing.get("delisted_at")
    on_list = listing.get("list_ref") and since is not None and since <= at
    if on_list and (until is None or at < until):
        return {"critical", f"critical:{listing['sector']}"}
    return {"critical_branch_unlisted"}


def party_of(record: Json, path: str) -> str:
    """Give the party at a path such as ``infrastructure.holder``; "" where none is named."""
    facet, _, capacity = path.partition(".")
    held = (record.get("parties") or {}).get(facet) or {}
    return str(held.get(capacity) or "")


def attested_open(record: Json | None, at: int) -> bool:
    """Tell whether an object's head attested it open for an instant; unknown is never open.

    State Secrets Law 14(19), 16: the positive list, with its dates.
    """
    if record is None or record.get("restriction", "unknown") not in ("none", "confidential"):
        return False
    word = record.get("attestation")
    if word is None:
        return False
    return bool(word["at"] <= at < word.get("valid_until", ALWAYS))
