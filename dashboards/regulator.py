"""Regulator: the statistics of incidents, regimes apart, the running month told from whole ones."""

from dashboards.incidents import acts
from dashboards.panels import Board, Elastic, Panel, Prom, Variable, below, series, stat
from dashboards.sources import COUNTED

REGIMES = (
    "normal", "natural", "social", "technogenic", "emergency", "emergency_natural",
    "emergency_social", "emergency_technogenic", "state_of_emergency", "quarantine",
    "mass_disorder", "counter_terror_operation", "martial_law", "special_period",
)  # fmt: skip
CHOSEN = "assessment.versions.regime:$regime"


def by(key: str, field: str) -> Panel:
    """Make a panel that counts the incidents of the chosen regimes by a field."""
    return Panel(key, "bars", (Elastic(COUNTED, CHOSEN, by=field),))


BOARD = Board(
    name="regulator",
    begin="now-1y/M",
    end="now-1M/M",  # an end is rounded up: that of the last whole month
    refresh="1h",
    variables=(Variable("regime", ",".join(REGIMES)),),
    rows=(
        (
            "periods",
            (
                Panel("begins", "stat", (Elastic(COUNTED, least="opened_at"),), "dateTimeAsIso"),
                Panel("whole", "stat", (Elastic(COUNTED, CHOSEN),), width=8),
                Panel("partial", "stat", (Elastic(COUNTED, CHOSEN),), since="now/M"),
            ),
        ),
        (
            "regimes",
            (
                Panel(
                    "by_regime",
                    "bars",
                    (
                        Elastic(
                            COUNTED,
                            among=tuple(
                                (one, f"assessment.versions.regime:{one}") for one in REGIMES
                            ),
                        ),
                    ),
                    width=12,
                ),
                series(
                    "regimes_over_time",
                    Elastic(
                        COUNTED,
                        among=tuple((one, f"assessment.versions.regime:{one}") for one in REGIMES),
                        over_time="1d",
                    ),
                    width=12,
                ),
            ),
        ),
        (
            "kinds",
            (
                by("severity", "assessment.severity"),
                by("reach", "assessment.scope"),
                by("classes", "assessment.rsit"),
                by("occurrence", "assessment.occurrence"),
                by("origin", "assessment.origin"),
                by("intent", "assessment.intent"),
                Panel("acts", "bars", (Elastic(COUNTED, CHOSEN, among=acts()),), width=12),
                Panel(
                    "sectors",
                    "bars",
                    (
                        Prom(
                            'sum by (sector) (saqshy_incidents{state!="candidate"})',
                            "{{sector}}",
                            now=True,
                        ),
                    ),
                    width=12,
                ),
            ),
        ),
        (
            "terms",
            (
                stat(
                    "on_time",
                    '(sum(increase(saqshy_terms_met_total{late="no"}[$__range])) or vector(0)) /'
                    " (sum(increase(saqshy_terms_met_total[$__range]))"
                    " + sum(increase(saqshy_terms_missed_total[$__range])))",
                    "percentunit",
                    steps=below(1.0, 0.99),
                    height=8,
                ),
                series(
                    "duties",
                    Prom(
                        "sum by (duty_of) (increase(saqshy_terms_missed_total[$__rate_interval]))",
                        "{{duty_of}}",
                    ),
                    width=10,
                ),
                Panel(
                    "versions",
                    "table",
                    (Prom('saqshy_versions_info{content!=""}', now=True),),
                    width=10,
                    columns=("version", "content", "registry", "pack", "regime"),
                ),
            ),
        ),
    ),
)  # fmt: skip
