r"""Users that a vendor writes with their domain before: ``DOMAIN\name``."""

from pipeline.model import Json


def part_domains(ecs: Json) -> None:
    r"""Part ``DOMAIN\name`` of the users of both ends and of the one that acts, in place.

    What a relay or a sender escaped (``DOMAIN\\name``) is read alike. A domain that stands already
    is kept.
    """
    for holder in (ecs, ecs.get("source"), ecs.get("destination")):
        user = holder.get("user") if holder else None
        if user and "\\" in user.get("name", ""):
            domain, _, name = user["name"].rpartition("\\")
            if domain and name:
                user["name"] = name
                user.setdefault("domain", domain.rstrip("\\"))
