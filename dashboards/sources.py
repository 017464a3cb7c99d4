"""The data sources that panels ask; provisioned under these ids by ``deploy/grafana``."""

from dataclasses import dataclass

from grafana_foundation_sdk.models.dashboard import DataSourceRef


@dataclass(frozen=True, slots=True)
class Store:
    """An Elasticsearch data source: one alias, and the field that is its time."""

    uid: str
    index: str
    time: str

    @property
    def ref(self) -> DataSourceRef:
        """Name it in a panel."""
        return DataSourceRef(type_val="elasticsearch", uid=self.uid)


PROMETHEUS = "saqshy-prometheus"
INCIDENTS = Store("saqshy-incidents", "saqshy-incidents", "opened_at")
COUNTED = Store("saqshy-counted", "saqshy-counted", "opened_at")
FINDINGS = Store("saqshy-findings", "saqshy-findings", "first_event_at")
NOTICES = Store("saqshy-notices", "saqshy-notices", "created_at")
EVENTS = Store("saqshy-events", "saqshy-events", "@timestamp")
STORES = (INCIDENTS, COUNTED, FINDINGS, NOTICES, EVENTS)


def prometheus() -> DataSourceRef:
    """Name Prometheus in a panel."""
    return DataSourceRef(type_val="prometheus", uid=PROMETHEUS)
