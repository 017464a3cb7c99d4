"""Rules, enrichment and law: what a centre knows."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from pipeline.settings.piece import Piece


class ContentSettings(Piece):
    """Detection and correlation rules, and the cache of their compiled form.

    ``taxonomy`` is the folder of the field names under which rules find events' fields; without
    it the bundled one. ``observation`` is the file of the calendar and of the numbers by which
    silence, volume and novelty are told; without it the bundled one.
    ``watch_seconds`` is how often the files of rules, registry and pack are looked at for changes;
    with 0 they are read again on a signal or a command only.
    """

    paths: tuple[Path, ...] = ()
    taxonomy: Path | None = None
    observation: Path | None = None
    cache: Path = Path("var/cache")
    watch_seconds: Annotated[float, Field(ge=0, le=3600)] = 5.0
    repeat_seconds: Annotated[int, Field(ge=1)] = 3600


class TaxiiSettings(Piece):
    """One collection of a TAXII 2.1 server whose indicators are pulled.

    ``url`` is the collection's own (``.../collections/ID/``). ``user`` with ``password_file``, or
    ``token_file``, or a client's ``certificate`` and ``key``; ``ca`` where the server's certificate
    is of an authority of one's own.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    url: Annotated[str, Field(pattern=r"^https?://")]
    user: str = ""
    password_file: Path | None = None
    token_file: Path | None = None
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    every_seconds: Annotated[float, Field(ge=1, le=604_800)] = 3600.0
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0


class MispSettings(Piece):
    """A MISP server whose published events are pulled through its API.

    ``key_file`` holds the key of a user of it; ``tags`` narrow what is asked for (``tlp:green``,
    ``!tlp:red``). ``ca`` where the server's certificate is of an authority of one's own,
    ``certificate`` and ``key`` where it asks for a client's.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    url: Annotated[str, Field(pattern=r"^https?://")]
    key_file: Path
    tags: tuple[str, ...] = ()
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    every_seconds: Annotated[float, Field(ge=1, le=604_800)] = 3600.0
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 60.0


class EnrichmentSettings(Piece):
    """What is added to events from elsewhere; each can be switched off.

    ``registry``: the object's party, sector and standing. ``user_agent`` and ``domains``: the parts
    of what the event has. ``geo``: mmdb files for place and network of public addresses, the first
    that knows counts. ``indicators``: files and folders of STIX 2.1 (``.json``), MISP feeds and
    lists (``.csv``). ``taxii`` and ``misp`` are pulled into ``feeds``. All files are watched like
    rules.
    """

    registry: bool = True
    user_agent: bool = True
    domains: bool = True
    geo: tuple[Path, ...] = ()
    indicators: tuple[Path, ...] = ()
    taxii: tuple[TaxiiSettings, ...] = ()
    misp: tuple[MispSettings, ...] = ()
    feeds: Path = Path("var/feeds")

    @property
    def pulled(self) -> tuple[TaxiiSettings | MispSettings, ...]:
        """Give every feed that is pulled."""
        return (*self.taxii, *self.misp)

    @field_validator("misp")
    @classmethod
    def _named_apart(
        cls, misp: tuple[MispSettings, ...], info: ValidationInfo
    ) -> tuple[MispSettings, ...]:
        names = [one.name for one in (*info.data.get("taxii", ()), *misp)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two feeds are named {twice[0]!r}: each has a folder of its own")
        return misp


class LawSettings(Piece):
    """The law pack, an operator's own rows over it, and the operating regime."""

    pack: Path = Path("rules/law/kz")
    overlay: Path | None = None
    regime: str = "normal"
