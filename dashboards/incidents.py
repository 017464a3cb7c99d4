"""Incidents: by act, sector, class, territory and technique, down to each of them."""

from dashboards.panels import Board, Elastic, Panel, Prom, Variable, series
from dashboards.sources import INCIDENTS

CHOSEN = "assessment.severity:$severity AND state:$state"
ACTS = (
    "unauthorised_access", "leak", "influence", "blocking", "modification", "copying",
    "destruction_loss", "unlicensed_software", "disruption", "subscriber_data_access",
    "subscriber_device_blocking",
)  # fmt: skip


def acts(prefix: str = "") -> tuple[tuple[str, str], ...]:
    """Give a filter for each act of the law, Informatization Law 53."""
    return tuple((act, f"{prefix}assessment.acts.{act}:yes") for act in ACTS)


def by(key: str, field: str, width: int = 8) -> Panel:
    """Make a panel that counts incidents by a field."""
    return Panel(key, "bars", (Elastic(INCIDENTS, CHOSEN, by=field),), width=width)


BOARD = Board(
    name="incidents",
    begin="now-30d",
    variables=(
        Variable("severity", "assessment.severity", INCIDENTS),
        Variable("state", "state", INCIDENTS),
    ),
    rows=(
        (
            "time",
            (
                series(
                    "severity_over_time",
                    Elastic(INCIDENTS, CHOSEN, by="assessment.severity", over_time="auto"),
                    width=16,
                ),
                by("states", "state"),
            ),
        ),
        (
            "kinds",
            (
                Panel("acts", "bars", (Elastic(INCIDENTS, CHOSEN, among=acts()),)),
                Panel(
                    "sectors",
                    "bars",
                    (Prom("sum by (sector) (saqshy_incidents)", "{{sector}}", now=True),),
                ),
                by("classes", "assessment.rsit"),
                by("territory", "assessment.scope"),
                by("techniques", "assessment.attack"),
                by("objects", "object_id"),
            ),
        ),
        (
            "each",
            (
                Panel(
                    "list",
                    "table",
                    (Elastic(INCIDENTS, CHOSEN, documents=200),),
                    width=24,
                    height=12,
                    columns=(
                        "opened_at", "id", "object_id", "state", "assessment.severity",
                        "assessment.is_incident", "assessment.rsit", "assessment.scope",
                        "assessment.attack", "event_count",
                    ),
                    link="incidents",
                ),
            ),
        ),
    ),
)  # fmt: skip
