"""A dashboard's JSON as Grafana reads it: variables filled in, each query as it is sent.

Prometheus is asked by range or instant query with ``$__interval``, ``$__rate_interval`` and
``$__range``; Elasticsearch by ``_msearch`` with the filters, aggregations and bounds that Grafana's
own data source builds (its source names them: ``pkg/tsdb/elasticsearch/data_query.go``).
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ALL = "$__all"
POINTS = 200
SCRAPE = 1  # seconds
_VARIABLE = re.compile(r"\$\{(\w+):pipe\}|\$\{?(\w+)\}?")
_SPECIAL = re.compile(r"[$^*{}\[\]'+?.()|]")


@dataclass(frozen=True)
class Span:
    """From when until when, seconds since the epoch."""

    begin: float
    end: float

    @property
    def step(self) -> int:
        """Give the interval of a query, whole seconds."""
        return max(SCRAPE, math.ceil((self.end - self.begin) / POINTS))


@dataclass(frozen=True)
class Answer:
    """What a query gave: series of (time, value) by name, or documents."""

    series: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)
    documents: Sequence[Mapping[str, Any]] = ()

    @property
    def has_data(self) -> bool:
        """Tell whether anything is in it: a number, or a document."""
        numbers = (v for points in self.series.values() for _, v in points)
        return bool(self.documents) or any(not math.isnan(number) for number in numbers)


@dataclass(frozen=True)
class Services:
    """Where Grafana would ask; ``stores`` gives index and time field by the data source's uid."""

    prometheus: httpx.Client
    elastic: httpx.Client
    stores: Mapping[str, tuple[str, str]]
    metrics: Span
    documents: Span

    def ask(self, target: Mapping[str, Any], chosen: Mapping[str, Sequence[str]]) -> Answer:
        """Send one target's query; AssertionError where it is answered with an error."""
        if target["datasource"]["type"] == "prometheus":
            return self._promql(target, chosen)
        return self._elastic(target, chosen)

    def values(self, variable: Mapping[str, Any]) -> list[str]:
        """Give the values that a variable offers."""
        if variable["type"] == "custom":
            return str(variable["query"]).split(",")
        if variable["datasource"]["type"] == "prometheus":
            found = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"])
            assert found, variable["query"]
            asked = {"match[]": found[1], "start": self.metrics.begin, "end": self.metrics.end}
            return list(_ok(self.prometheus.get(f"/api/v1/label/{found[2]}/values", params=asked)))
        asked = json.loads(variable["query"])
        terms = {"terms": {"field": asked["field"], "size": 500, "order": {"_key": "asc"}}}
        filters = [self._range(variable["datasource"]["uid"])]
        body = {"size": 0, "query": {"bool": {"filter": filters}}, "aggs": {"1": terms}}
        answer = self._search(variable["datasource"]["uid"], body)
        return [str(one["key"]) for one in answer["aggregations"]["1"]["buckets"]]

    def _promql(self, target: Mapping[str, Any], chosen: Mapping[str, Sequence[str]]) -> Answer:
        span = self.metrics
        rate = max(span.step + SCRAPE, 4 * SCRAPE)
        built = {
            "__interval": f"{span.step}s",
            "__rate_interval": f"{rate}s",
            "__range": f"{math.ceil(span.end - span.begin)}s",
        }
        expr = filled(target["expr"], built, chosen, _regex)
        if target.get("instant"):
            given = _ok(
                self.prometheus.post("/api/v1/query", data={"query": expr, "time": span.end})
            )
            rows = [(one["metric"], [one["value"]]) for one in given["result"]]
        else:
            asked = {"query": expr, "start": span.begin, "end": span.end, "step": span.step}
            given = _ok(self.prometheus.post("/api/v1/query_range", data=asked))
            rows = [(one["metric"], one["values"]) for one in given["result"]]
        legend = target.get("legendFormat", "")
        return Answer(
            {
                _named(legend, metric): [(float(at), float(value)) for at, value in points]
                for metric, points in rows
            }
        )

    def _elastic(self, target: Mapping[str, Any], chosen: Mapping[str, Sequence[str]]) -> Answer:
        uid = target["datasource"]["uid"]
        span = self.documents
        text = filled(target["query"], {}, chosen, _lucene)
        wanted = {"query_string": {"analyze_wildcard": True, "query": text}}
        body: dict[str, Any] = {
            "size": 0,
            "query": {"bool": {"filter": [self._range(uid), wanted]}},
        }
        metric, time = target["metrics"][0], self.stores[uid][1]
        if metric["type"] == "raw_data":
            order = {"order": "desc"}
            body |= {
                "size": int(metric["settings"]["size"]),
                "sort": [{time: {**order, "unmapped_type": "boolean"}}, {"_doc": order}],
                "docvalue_fields": [time],
            }
            hits = self._search(uid, body)["hits"]["hits"]
            return Answer(documents=[flat(one["_source"]) for one in hits])
        inner: dict[str, Any] = {}
        if metric["type"] != "count":
            inner = {metric["id"]: {metric["type"]: {"field": metric["field"]}}}
        for bucket in reversed(target["bucketAggs"]):
            own = _aggregation(bucket, span, chosen)
            inner = {bucket["id"]: {**own, **({"aggs": inner} if inner else {})}}
        found = self._search(uid, {**body, "aggs": inner})["aggregations"]
        return Answer(dict(_read(found, target["bucketAggs"], metric, "", span)))

    def _range(self, uid: str) -> dict[str, Any]:
        begin, end = int(self.documents.begin * 1000), int(self.documents.end * 1000)
        bounds = {"gte": begin, "lte": end, "format": "epoch_millis"}
        return {"range": {self.stores[uid][1]: bounds}}

    def _search(self, uid: str, body: Mapping[str, Any]) -> dict[str, Any]:
        head = {
            "ignore_unavailable": True,
            "index": self.stores[uid][0],
            "search_type": "query_then_fetch",
        }
        lines = f"{json.dumps(head)}\n{json.dumps(body)}\n"
        kind = {"Content-Type": "application/x-ndjson"}
        given = self.elastic.post("/_msearch", content=lines, headers=kind)
        assert given.status_code == 200, given.text
        (answer,) = given.json()["responses"]
        assert "error" not in answer, answer["error"]
        assert answer["_shards"]["failed"] == 0, answer
        return dict(answer)


def panels(path: Path) -> Iterator[dict[str, Any]]:
    """Give the panels of a dashboard's file that ask something."""
    yield from (one for one in json.loads(path.read_text("utf-8"))["panels"] if "targets" in one)


def variables(path: Path) -> list[dict[str, Any]]:
    """Give the variables of a dashboard's file that have values to choose from."""
    listed = json.loads(path.read_text("utf-8"))["templating"]["list"]
    return [one for one in listed if one["type"] in ("query", "custom")]


def filled(
    text: str, built: Mapping[str, str], chosen: Mapping[str, Sequence[str]], written: Any
) -> str:
    """Fill in variables as Grafana does; AssertionError where one is not known."""

    def fill(found: re.Match[str]) -> str:
        if found[1]:
            return "|".join(chosen[found[1]])
        if found[2] in built:
            return built[found[2]]
        return str(written(chosen[found[2]]))

    return _VARIABLE.sub(fill, text)


def flat(document: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Give a document's fields by their dotted names."""
    found: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, dict):
            found |= flat(value, f"{before}{name}.")
        else:
            found[before + name] = value
    return found


def _regex(values: Sequence[str]) -> str:
    if len(values) == 1 and values[0] in (".*", "*"):
        return values[0]
    escaped = [_SPECIAL.sub(lambda one: r"\\" + one[0], value) for value in values]
    return f"({'|'.join(escaped)})" if len(escaped) > 1 else escaped[0]


def _lucene(values: Sequence[str]) -> str:
    if len(values) == 1 and values[0] in (".*", "*"):
        return values[0]
    quoted = [f'"{one}"' for one in values]
    return f"({' OR '.join(quoted)})" if len(quoted) > 1 else quoted[0]


def _aggregation(
    bucket: Mapping[str, Any], span: Span, chosen: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    settings = bucket.get("settings", {})
    if bucket["type"] == "date_histogram":
        interval = settings["interval"]
        return {
            "date_histogram": {
                "field": bucket["field"],
                "min_doc_count": int(settings["min_doc_count"]),
                "extended_bounds": {
                    "min": int(span.begin * 1000),
                    "max": int(span.end * 1000),
                },
                "format": "epoch_millis",
                "fixed_interval": f"{span.step * 1000}ms" if interval == "auto" else interval,
            }
        }
    if bucket["type"] == "filters":
        return {
            "filters": {
                "filters": {
                    one["label"] or one["query"]: {
                        "query_string": {
                            "query": filled(one["query"], {}, chosen, _lucene),
                            "analyze_wildcard": True,
                        }
                    }
                    for one in settings["filters"]
                }
            }
        }
    order = {settings["orderBy"]: settings["order"]}
    least = int(settings["min_doc_count"])
    size = int(settings["size"])
    return {
        "terms": {"field": bucket["field"], "size": size, "order": order, "min_doc_count": least}
    }


def _read(
    found: Mapping[str, Any],
    buckets: Sequence[Mapping[str, Any]],
    metric: Mapping[str, Any],
    name: str,
    span: Span,
) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    head, rest = buckets[0], buckets[1:]
    given = found[head["id"]]["buckets"]
    rows = given.items() if isinstance(given, dict) else [(str(one["key"]), one) for one in given]
    if head["type"] == "date_histogram":
        points = [(float(key) / 1000, _value(one, metric)) for key, one in rows]
        if any(value for _, value in points):
            yield name or "count", points
        return
    for key, one in rows:
        if rest:
            yield from _read(one, rest, metric, key, span)
        elif one["doc_count"]:
            yield key, [(span.end, _value(one, metric))]


def _value(bucket: Mapping[str, Any], metric: Mapping[str, Any]) -> float:
    if metric["type"] == "count":
        return float(bucket["doc_count"])
    value = bucket[metric["id"]]["value"]
    return math.nan if value is None else float(value)


def _named(legend: str, metric: Mapping[str, str]) -> str:
    if legend and legend != "__auto":
        return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda one: metric.get(one[1], ""), legend)
    return ", ".join(f"{key}={value}" for key, value in sorted(metric.items())) or "value"


def _ok(given: httpx.Response) -> Any:
    assert given.status_code == 200, given.text
    document = given.json()
    assert document["status"] == "success", document
    assert not document.get("warnings"), document
    return document["data"]
