"""What shippers ask before they send."""

import orjson
import pytest

from connectors.sources.elasticsearch_hello import OF_SHIPPERS, filtered, hello_answer
from connectors.sources.http_refusal import RequestRefused


def parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)


@pytest.mark.parametrize(
    ("method", "path", "field", "value"),
    [
        ("GET", "/", ("version", "number"), "8.19.0"),
        ("GET", "/", ("version", "build_flavor"), "default"),
        ("GET", "/", ("tagline",), "You Know, for Search"),
        ("GET", "/_license", ("license", "status"), "active"),
        ("GET", "/_xpack", ("features", "ilm", "enabled"), True),
        ("GET", "/_cluster/health", ("status",), "green"),
        ("GET", "/_cluster/state/version", ("cluster_name",), "saqshy"),
        ("GET", "/_nodes/http", ("nodes", "saqshy", "http", "publish_address"), "10.0.0.1:9200"),
        ("GET", "/_ilm/policy/filebeat", ("filebeat",), {}),
        ("GET", "/_index_template/filebeat-9", ("filebeat-9",), {}),
        ("GET", "/_ingest/pipeline/a-b", ("a-b",), {}),
        ("GET", "/_alias/logs", ("logs",), {}),
        ("GET", "/_data_stream/logs", ("data_streams",), []),
        ("HEAD", "/_index_template/filebeat-9", ("filebeat-9",), {}),
        ("HEAD", "/logs-2026", ("logs-2026",), {}),
        ("PUT", "/_ilm/policy/filebeat", ("acknowledged",), True),
        ("PUT", "/_index_template/x", ("acknowledged",), True),
        ("PUT", "/_data_stream/x", ("acknowledged",), True),
        ("PUT", "/logstash-000001", ("acknowledged",), True),
        ("POST", "/_aliases", ("acknowledged",), True),
    ],
)
def test_shippers_are_told_that_all_is_prepared(
    method: str, path: str, field: tuple[str, ...], value: object
) -> None:
    """What a shipper asks at its start is answered as Elasticsearch would, with its header."""
    answer = hello_answer(method, parts(path), "10.0.0.1:9200")
    found = orjson.loads(bytes(answer.body))
    for name in field:
        found = found[name]
    assert found == value
    assert answer.status_code == 200
    assert answer.headers["x-elastic-product"] == "Elasticsearch"


def test_the_health_of_a_cat_is_text() -> None:
    """The health check of rsyslog gets its text."""
    answer = hello_answer("GET", ("_cat", "health"), "")
    assert (answer.status_code, answer.media_type) == (200, "text/plain")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/logs/_search", 400), ("DELETE", "/logs", 405), ("POST", "/a/b/c", 400)],
)
def test_what_no_shipper_asks_is_refused(method: str, path: str, status: int) -> None:
    """Searching, deleting and everything else is refused in Elasticsearch's words."""
    with pytest.raises(RequestRefused) as raised:
        hello_answer(method, parts(path), "")
    assert raised.value.status == status


ANSWER = {
    "took": 3,
    "errors": True,
    "items": [
        {"create": {"_id": "a", "status": 201}},
        {"create": {"_id": "b", "status": 400, "error": {"type": "t", "reason": "r"}}},
    ],
}


@pytest.mark.parametrize(
    ("paths", "kept"),
    [
        ("", ANSWER),
        ("errors", {"errors": True}),
        ("took,nothing", {"took": 3}),
        ("nothing", {}),
        (
            "errors,items.*.error,items.*.status",
            {
                "errors": True,
                "items": [
                    {"create": {"status": 201}},
                    {"create": {"status": 400, "error": {"type": "t", "reason": "r"}}},
                ],
            },
        ),
        ("items.*.error.type", {"items": [{"create": {"error": {"type": "t"}}}]}),
        ("**.reason", {"items": [{"create": {"error": {"reason": "r"}}}]}),
        ("-items", {"took": 3, "errors": True}),
        (
            "items.*.status,-items.*.error",
            {"items": [{"create": {"status": 201}}, {"create": {"status": 400}}]},
        ),
    ],
)
def test_answers_are_filtered(paths: str, kept: object) -> None:
    """``filter_path`` keeps and leaves out what it names, as Beats and Logstash use it."""
    assert filtered(ANSWER, paths) == kept


def test_what_shippers_ask_for_is_filtered_alike() -> None:
    """The path that Beats and Logstash send gives what any other spelling of it gives."""
    same = "items.*.status,items.*.error,errors"
    assert filtered(ANSWER, OF_SHIPPERS) == filtered(ANSWER, same)
    empty = {"took": 1, "errors": False, "items": []}
    assert filtered(empty, OF_SHIPPERS) == filtered(empty, same)
