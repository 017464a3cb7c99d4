"""Model, templates and stored documents hold together."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.stores.elasticsearch.bulk import Action, Fate
from connectors.stores.elasticsearch.documents import plain
from connectors.stores.elasticsearch.ecs_mapping import ecs_properties
from connectors.stores.elasticsearch.names import KINDS, Names
from connectors.stores.elasticsearch.store import ElasticStore, open_elastic
from connectors.stores.elasticsearch.templates import (
    apply,
    differences,
    event_mapping,
    templates,
    write,
)
from pipeline.model import Json, Receipt, Tried, event_lines
from pipeline.normalize.ecs_schema import fields
from tests.connectors.elastic_server import Server
from tests.connectors.stores.nouns import (
    at,
    batch,
    entry,
    event,
    failure,
    finding,
    incident,
    notice,
)

DEPLOYED = Path(__file__).parents[4] / "deploy" / "elasticsearch"
# What not every edition has, and what it is here.
INSTEAD = {
    "wildcard": "keyword",
    "constant_keyword": "keyword",
    "match_only_text": "text",
    "scaled_float": "float",
    "object": "flattened",
}


def leaves(properties: Json, above: str = "") -> dict[str, str]:
    """Give every mapped field by its dotted name, with its type."""
    found: dict[str, str] = {}
    for name, mapping in properties.items():
        if "properties" in mapping:
            found |= leaves(mapping["properties"], f"{above}{name}.")
        else:
            found[f"{above}{name}"] = mapping["type"]
    return found


def test_indexed_fields_are_those_of_the_schema() -> None:
    """Each ECS field is there in the schema, and has its type or what stands in for it."""
    schema = {name: INSTEAD.get(field.type, field.type) for name, field in fields().items()}
    mapped = leaves({k: v for k, v in ecs_properties().items() if v.get("enabled", True)})
    assert {name: kind for name, kind in mapped.items() if schema.get(name) != kind} == {}


def test_every_name_of_the_schema_is_taken() -> None:
    """No event of the normaliser is refused for a name of the schema's first level."""
    assert {name.partition(".")[0] for name in fields()} == set(ecs_properties())


def test_deployed_files_are_those_of_the_code(tmp_path: Path) -> None:
    """deploy/elasticsearch/*.json is what `saqshy indexer --templates` writes."""
    made = {path.name: path.read_bytes() for path in write(tmp_path)}
    assert made == {path.name: path.read_bytes() for path in DEPLOYED.glob("*.json")}


def test_no_feature_that_some_editions_lack() -> None:
    """Templates use the field types and settings of every edition, and bounded mappings."""
    text = orjson.dumps(templates(Names())).decode()
    for absent in INSTEAD.keys() - {"object"} | {"lifecycle", "default_pipeline", "runtime"}:
        assert f'"{absent}"' not in text
    assert '"dynamic":true' not in text
    assert len(leaves(event_mapping()["properties"])) < 400


def whole_event() -> Any:
    """Make an event that fills every key of ours."""
    return event(batch(1), 0, at(1), notes=("indicator",), versions={"normaliser": "1"})


@pytest.mark.parametrize(
    ("kind", "noun"),
    [
        pytest.param("incidents", incident(1), id="incident"),
        pytest.param("findings", finding(1), id="finding"),
        pytest.param("audit", entry(1), id="audit entry"),
        pytest.param("failures", failure(1), id="failure"),
        pytest.param(
            "notices",
            notice(1, receipt=Receipt("n", "ncc", at(1), {"a": 1}), tried=Tried(why=("slow",))),
            id="notice",
        ),
    ],
)
def test_what_is_written_has_the_templates_keys(kind: str, noun: Any) -> None:
    """A noun's JSON has the keys of its mapping, all of them and no other."""
    from pipeline.model import to_json

    mapping = templates(Names())[f"saqshy-{kind}"]["template"]["mappings"]
    assert mapping["dynamic"] == "strict"
    more = {"whole"} | ({"id", "place"} if kind == "failures" else set())
    assert set(mapping["properties"]) == set(orjson.loads(to_json(noun))) | more


def test_an_event_has_the_templates_keys() -> None:
    """An event that fills all of ours has the keys of the mapping, and no other."""
    own = event_mapping()["properties"]["saqshy"]["properties"]
    assert set(own) == set(orjson.loads(event_lines([whole_event()]))["saqshy"]) | {"whole"}


def test_what_is_stored_is_mapped_as_the_templates_say(elastic_store: ElasticStore) -> None:
    """Nothing is mapped by arriving: the mapping behind real documents is the template's."""
    elastic_store.events.add(batch(1), [whole_event()])
    elastic_store.incidents.put_incidents([incident(1)])
    elastic_store.incidents.put_findings([finding(1)])
    elastic_store.notices.put([notice(1)])
    elastic_store.audit.append([entry(1)])
    elastic_store.dead_letters.put([failure(1)])
    wanted = {name: one["template"]["mappings"] for name, one in templates(Names()).items()}
    for kind in KINDS:
        answer = elastic_store.client.indices.get_mapping(index=f"saqshy-{kind}")
        for body in answer.values():
            found = leaves(body["mappings"]["properties"])
            assert found == leaves(wanted[f"saqshy-{kind}"]["properties"])


def test_applying_again_changes_nothing(elastic: Server, elastic_store: ElasticStore) -> None:
    """Templates are put again without harm; what somebody changed is told and mended."""
    names, client = elastic_store.documents.names, elastic_store.client
    assert list(differences(client, names)) == []
    client.indices.delete_index_template(name="saqshy-audit")
    client.indices.delete(index="saqshy-findings-v1")
    assert list(differences(client, names)) == [
        "the template saqshy-audit is not there",
        "the index saqshy-findings-v1 is not there",
    ]
    settings = elastic.as_user("admin")
    admin = open_elastic(settings)
    assert "index saqshy-findings-v1" in apply(admin.client, names, settings)
    assert list(differences(admin.client, names)) == []
    admin.close()


UNKNOWN = (
    Action("index", "saqshy-incidents-v1", "1", b'{"unknown":1}'),
    Action("index", "saqshy-events-2026.01.01", "1", b'{"custom":{"a":1}}'),
    Action("index", "saqshy-events-2026.01.01", "1", b'{"saqshy":{"new":1}}'),
)


def test_unknown_keys_are_refused(elastic_store: ElasticStore) -> None:
    """A key that no template knows is refused with its reason, and maps nothing."""
    for item in elastic_store.bulk(UNKNOWN):
        assert item.fate is Fate.REFUSED
        assert "strict_dynamic_mapping_exception" in item.reason


HOSTILE: dict[str, tuple[Json, Fate]] = {
    "a zero in a key": ({"native": {"a\x00b": 1}}, Fate.REFUSED),
    "a long key": ({"native": {"k" * 40_000: 1}}, Fate.REFUSED),
    "a text for an object": ({"ecs": {"host": "no object"}}, Fate.REFUSED),
    "an object for a text": ({"ecs": {"tags": [{"a": 1}]}}, Fate.REFUSED),
    "odd keys": ({"native": {"m": "я" * 40_000, "": 1, ".": 2, "n": 2**63}}, Fate.WRITTEN),
    "misfits": ({"ecs": {"source": {"ip": "no ip", "bytes": 2**64 - 1}}}, Fate.WRITTEN),
}


def test_every_event_can_be_kept(elastic_store: ElasticStore) -> None:
    """What Elasticsearch refuses it takes in plain form, and readers see no difference."""
    whole = whole_event()
    events = [
        replace(whole, index=index, time=at(index), **over)
        for index, (over, _) in enumerate(HOSTILE.values())
    ]
    actions = list(elastic_store.documents.events(event_lines(events)))
    items = elastic_store.bulk(actions)
    assert [item.fate for item in items] == [fate for _, fate in HOSTILE.values()]
    refused = [plain(a) for a, item in zip(actions, items, strict=True) if item.status == 400]
    elastic_store.bulk.strictly(refused)
    found = [orjson.loads(one) for one in elastic_store.events.search("power-7", at(0), at(9), 9)]
    assert found == [one.document() for one in events]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=20)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@given(native=st.dictionaries(st.text(max_size=10), _JSON, max_size=5))
@settings(max_examples=100)
def test_plain_form_tells_the_same(native: Json) -> None:
    """The plain form holds the same document, and nothing but it and our own keys."""
    from connectors.stores.elasticsearch.comparing import content_of
    from connectors.stores.elasticsearch.documents import Documents

    made = replace(whole_event(), native=native)
    (action,) = Documents(Names()).events(event_lines([made]))
    bare = plain(action)
    assert content_of(bare) == action.body
    assert set(orjson.loads(bare.body)) == {"@timestamp", "saqshy"}
