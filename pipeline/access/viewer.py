"""Who looks: an identity that a login, a certificate or a token has proved, in one role."""

from dataclasses import dataclass
from enum import StrEnum

from pipeline.model import Instant


class Role(StrEnum):
    """The roles of SPEC 6."""

    ANALYST = "analyst"
    DUTY_LEAD = "duty_lead"
    OWNER = "owner"  # owner or holder: own objects only
    NCC = "ncc"  # operator of the national coordination centre
    SECTORAL_CENTRE = "sectoral_centre"  # financial subjects
    REGULATOR = "regulator"
    PROSECUTOR = "prosecutor"  # and auditor: read-only
    ADMINISTRATOR = "administrator"  # no content


class Factor(StrEnum):
    """What proved the identity."""

    PASSWORD = "password"  # noqa: S105 (the name of a factor)
    ONE_TIME = "one_time"
    PROVIDER = "provider"  # an OpenID Connect provider vouched for it
    CERTIFICATE = "certificate"
    TOKEN = "token"  # noqa: S105 (the name of a factor)


@dataclass(frozen=True, slots=True)
class Viewer:
    """One authenticated identity, in the one role in which it acts now.

    ``parties`` are parties of the registry for which it speaks (an owner, a holder); ``sectors``
    limit a mandate ("" of none: all). ``multi_factor``: personal data are shown only so (36(1)).
    ``scopes`` limit a machine's token to kinds and actions; empty for people. ``broke_glass`` is
    until when an administrator or duty lead opened what the role does not see, with the reason.
    ``basis`` is the ground on which it reads now (an order of inspection): kept with each read.
    """

    subject: str
    role: Role
    parties: frozenset[str] = frozenset()
    sectors: frozenset[str] = frozenset()
    factors: frozenset[Factor] = frozenset()
    multi_factor: bool = False
    scopes: frozenset[str] = frozenset()
    language: str = "kk"
    session: str = ""
    broke_glass: Instant = 0
    glass_reason: str = ""
    basis: str = ""

    def scoped(self, verb: str, name: str) -> bool:
        """Tell whether scopes let ``read`` a kind or page, ``act`` a command: ``act:incident_*``.

        Who has no scopes is bound by the role alone.
        """
        wanted = f"{verb}:{name}"
        return not self.scopes or any(
            wanted.startswith(one[:-1]) if one.endswith("*") else wanted == one
            for one in self.scopes
        )

    @property
    def actor(self) -> str:
        """Give how commands and the audit trail name it: role and subject."""
        return f"{self.role}/{self.subject}"
