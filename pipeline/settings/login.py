"""Who may log in, and how: local accounts, a provider, certificates; none by default."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from pipeline.settings.piece import Piece


class OpenIdSettings(Piece):
    """An OpenID Connect provider (OpenID Connect Core 1.0, authorization code flow).

    ``roles`` maps values of the claim ``roles_claim`` to our roles; without a claim an account must
    be linked by ``saqshy accounts add --subject``. ``parties_claim`` names the parties for which an
    owner or holder speaks. Several factors count as proved where the provider's ``amr`` or ``acr``
    has one of those listed. ``ca`` is the authority of the provider's certificate.
    """

    issuer: Annotated[str, Field(pattern=r"^https?://[^\s]+$")]
    client_id: Annotated[str, Field(min_length=1)]
    client_secret: Path | None = None
    ca: Path | None = None
    roles_claim: str = ""
    roles: dict[str, str] = Field(default_factory=dict)
    parties_claim: str = ""
    multi_factor_amr: tuple[str, ...] = ("otp", "mfa", "hwk")
    multi_factor_acr: tuple[str, ...] = ()
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 10.0


class LoginSettings(Piece):
    """Logins of people and machines to the console and the API.

    ``key`` is a file of 32 random bytes (base64) under which the keys of one-time codes are kept;
    ``saqshy accounts init`` makes it. ``origin`` is the address that browsers show: forms from
    anywhere else are refused. A session ends when nothing was seen of it for ``idle_minutes``, and
    after ``longest_hours`` in any case. ``multi_factor``: who needs a second factor at all;
    personal data are shown only with one in any case (Informatization Law 36(1)).
    """

    accounts: Path = Path("accounts.db")
    key: Path = Path("login.key")
    origin: Annotated[str, Field(pattern=r"^https?://[^/\s]+$")] = "https://localhost:8795"
    idle_minutes: Annotated[int, Field(ge=1, le=1440)] = 30
    longest_hours: Annotated[int, Field(ge=1, le=72)] = 12
    rotate_minutes: Annotated[int, Field(ge=1, le=120)] = 15
    multi_factor: Literal["always", "personal_data"] = "always"
    token_days: Annotated[int, Field(ge=1, le=366)] = 90
    openid: OpenIdSettings | None = None
