"""Questions of panels as Grafana's own queries, by its official builders."""

from grafana_foundation_sdk.builders import elasticsearch as es
from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.elasticsearch import (
    BucketAggregation,
    Filter,
    MetricAggregation,
    TermsOrder,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from dashboards.panels import Elastic, Panel, Prom
from dashboards.sources import prometheus as prometheus_ref

MOST_TERMS = 20
EVERYTHING = (("all", "*"),)


def queries(panel: Panel) -> list[Builder[Dataquery]]:
    """Give the targets of a panel, lettered from A on."""
    return [
        _promql(ask, letter, panel) if isinstance(ask, Prom) else _elastic(ask, letter)
        for letter, ask in zip("ABCDEF", panel.asks, strict=False)
    ]


def _promql(ask: Prom, letter: str, panel: Panel) -> Builder[Dataquery]:
    made = prometheus.Dataquery().expr(ask.expr).ref_id(letter).datasource(prometheus_ref())
    made.legend_format(ask.legend or "__auto")
    if panel.kind == "table":
        made.format(PromQueryFormat.TABLE)
    return made.instant() if ask.now else made.range()


def _elastic(ask: Elastic, letter: str) -> Builder[Dataquery]:
    made = es.Dataquery().query(ask.query).ref_id(letter).datasource(ask.store.ref)
    made.time_field(ask.store.time)
    if ask.documents:
        settings = es.ElasticsearchRawDataSettings().size(str(ask.documents))
        return made.metrics([es.RawData().id("1").settings(settings)]).bucket_aggs([])
    metric: Builder[MetricAggregation] = es.Count().id("1")
    if ask.least:
        metric = es.Min().id("1").field(ask.least)
    return made.metrics([metric]).bucket_aggs(_buckets(ask))


def _buckets(ask: Elastic) -> list[Builder[BucketAggregation]]:
    buckets: list[Builder[BucketAggregation]] = []
    if ask.by:
        settings = es.ElasticsearchTermsSettings().order(TermsOrder.DESC).order_by("_count")
        settings.size(str(MOST_TERMS)).min_doc_count("1")
        buckets.append(es.Terms().field(ask.by).id("3").settings(settings))
    among = ask.among or (() if ask.by or ask.over_time else EVERYTHING)
    if among:
        filters: list[Builder[Filter]] = [
            es.Filter().label(label).query(query) for label, query in among
        ]
        buckets.append(
            es.Filters().id("4").settings(es.ElasticsearchFiltersSettings().filters(filters))
        )
    if ask.over_time:
        histogram = es.ElasticsearchDateHistogramSettings().interval(ask.over_time)
        histogram.min_doc_count("0")
        buckets.append(es.DateHistogram().field(ask.store.time).id("2").settings(histogram))
    return buckets
