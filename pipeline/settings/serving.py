"""Serving the console and the interface for programs: a process beside the running system."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from pipeline.settings.piece import Piece


class ServingSettings(Piece):
    """Console and API (``saqshy web``), on loopback, or with a certificate and its key over TLS.

    ``clients_ca`` is the authority of machines that show a client certificate (``saqshy accounts
    add --certificate``); browsers need none. ``policy`` is the table of who may see what; without
    it the bundled one. A session may ask ``a_second`` on the average and ``at_once`` in a row;
    ``streams`` live lists stand at once. Readiness and metrics are served on ``metrics_address``
    and ``metrics_port`` (0: any free one; without a port not at all); in the cluster on
    ``cluster.address`` and ``cluster.port``, as those of every process there.
    """

    address: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8795
    certificate: Path | None = None
    key: Path | None = None
    clients_ca: Path | None = None
    policy: Path | None = None
    a_second: Annotated[float, Field(gt=0, le=10_000)] = 20.0
    at_once: Annotated[int, Field(ge=1, le=10_000)] = 60
    streams: Annotated[int, Field(ge=0, le=10_000)] = 400
    metrics_address: str = "127.0.0.1"
    metrics_port: Annotated[int, Field(ge=0, le=65535)] | None = 8796
