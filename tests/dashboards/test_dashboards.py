"""Dashboards: the files are the code, they hold to Grafana's own models and to what is shown."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.__main__ import BOARDS, FOLDER, files
from dashboards.incidents import ACTS
from dashboards.panels import Elastic, Prom
from dashboards.regulator import REGIMES
from dashboards.sources import PROMETHEUS, STORES, Store
from pipeline.assess import load_pack, regimes
from pipeline.notify.texts import LANGUAGES
from pipeline.registry.moments import LATEST
from pipeline.runtime.catalogue import CATALOGUE
from tests.dashboards.promql import faults

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "deploy" / "elasticsearch"
GRAFANA = ROOT / "deploy" / "grafana" / "provisioning"
OF_GRAFANA = {"stat", "timeseries", "bargauge", "table", "row"}  # panels that need no plug-in
MADE = files()
COLUMN, LETTER = 62, 8  # pixels, on a screen 1,500 wide: what is longer is cut off
ASKS = [
    pytest.param(board, panel, ask, id=f"{board.name}-{panel.key}-{number}")
    for board in BOARDS
    for panel in board.panels
    for number, ask in enumerate(panel.asks)
]


def fields(store: Store) -> dict[str, dict[str, Any]]:
    """Give the mapped fields of a store's index template, by dotted name."""
    kind = "incidents" if store.index == "saqshy-counted" else store.index.removeprefix("saqshy-")
    template = json.loads((TEMPLATES / f"saqshy-{kind}.template.json").read_bytes())["template"]
    assert store.index in template["aliases"]
    found: dict[str, dict[str, Any]] = {}

    def walk(properties: dict[str, Any], before: str) -> None:
        for name, mapping in properties.items():
            if "properties" in mapping:
                walk(mapping["properties"], f"{before}{name}.")
            else:
                found[before + name] = mapping

    walk(template["mappings"]["properties"], "")
    return found


def test_the_files_are_the_code() -> None:
    """Every JSON file is what the code makes, and there is no other; `python -m dashboards`."""
    there = {
        path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8")
        for path in FOLDER.rglob("*.json")
    }
    assert there == MADE


@pytest.mark.parametrize("name", sorted(MADE))
def test_grafanas_own_models_read_them(name: str) -> None:
    """The official models read a file and write the same again: it has no field that they lack."""
    register_default_plugins()
    document = json.loads(MADE[name])
    read = Dashboard.from_json(json.loads(MADE[name]))
    assert json.loads(json.dumps(read, cls=JSONEncoder)) == document


def test_ids_stay() -> None:
    """Each dashboard has a fixed id of eight to forty characters, once; panels number apart."""
    documents = {name: json.loads(text) for name, text in MADE.items()}
    uids = {name: one["uid"] for name, one in documents.items()}
    assert uids == {
        f"{language}/{board.name}.json": f"saqshy-{board.name}-{language}"
        for language in LANGUAGES
        for board in BOARDS
    }
    assert all(8 <= len(one) <= 40 for one in uids.values())
    for one in documents.values():
        numbers = [panel["id"] for panel in one["panels"]]
        assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("name", sorted(MADE))
def test_every_panel_says_what_it_shows(name: str) -> None:
    """A panel has a title that fits and a description, is of Grafana itself, fits into its row."""
    for panel in json.loads(MADE[name])["panels"]:
        assert panel["type"] in OF_GRAFANA
        assert panel["title"]
        if panel["type"] != "row":
            assert len(panel["title"]) <= panel["gridPos"]["w"] * COLUMN // LETTER
            assert panel["description"].endswith(".")
            assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24


def test_panels_do_not_lie_over_each_other() -> None:
    """No two panels of a dashboard share a place."""
    for text in MADE.values():
        taken: set[tuple[int, int]] = set()
        for panel in json.loads(text)["panels"]:
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not taken & cells, panel["title"]
            taken |= cells


@pytest.mark.parametrize(("board", "panel", "ask"), ASKS)
def test_queries_name_what_is_shown(board: Any, panel: Any, ask: Prom | Elastic) -> None:
    """A series or label is one of the catalogue's; a field is one of the index template's."""
    if isinstance(ask, Prom):
        assert list(faults(ask.expr, ask.legend)) == []
        if panel.kind == "table":
            assert set(panel.columns) - {"instance"} <= set(
                CATALOGUE["saqshy_versions_info"].labels
            )
        return
    known = fields(ask.store)
    assert known[ask.store.time]["type"] == "date"
    counted = [one for one in (ask.by, ask.least) if one]
    assert all(known[one].get("doc_values", True) for one in counted)
    queries = " ".join([ask.query, *(query for _, query in ask.among)])
    named = re.findall(r"([a-z_][\w.@]*):", re.sub(r"\$\{[^}]*\}", "", queries))
    flattened = tuple(name for name, one in known.items() if one["type"] == "flattened")
    assert [
        one for one in (*named, *panel.columns) if one not in known and not _in(one, flattened)
    ] == []
    used = set(re.findall(r"\$\{?(\w+)", queries))
    assert used <= {variable.name for variable in board.variables}


def _in(name: str, flattened: tuple[str, ...]) -> bool:
    return name.startswith(tuple(f"{one}." for one in flattened))


def test_closed_lists_are_the_packs() -> None:
    """Acts and regimes that panels tell apart are those of the law pack, all of them."""
    pack = load_pack(ROOT / "rules" / "law" / "kz")
    assert set(ACTS) == {row.id for row in pack.at(LATEST - 1).acts}
    assert set(REGIMES) == set(regimes(pack))


def test_grafana_is_provisioned_for_them() -> None:
    """Each data source of a panel is provisioned with its index and time, each language as well."""
    given = yaml.safe_load((GRAFANA / "datasources" / "saqshy.yml").read_text("utf-8"))
    sources = {one["uid"]: one for one in given["datasources"]}
    assert set(sources) == {PROMETHEUS, *(store.uid for store in STORES)}
    for store in STORES:
        own = sources[store.uid]["jsonData"]
        assert (own["index"], own["timeField"]) == (store.index, store.time)
    provided = yaml.safe_load((GRAFANA / "dashboards" / "saqshy.yml").read_text("utf-8"))
    paths = [one["options"]["path"] for one in provided["providers"]]
    assert sorted(Path(path).name for path in paths) == sorted(LANGUAGES)


def test_whole_periods_end_before_the_running_one() -> None:
    """Grafana rounds an end up, so whole months end with the one before: now/M is its own end."""
    ends = {board.name: board.end for board in BOARDS if board.end != "now"}
    assert set(ends) == {"regulator"}
    assert all(re.fullmatch(r"now-1([dwMy])/\1", end) for end in ends.values()), ends


def test_languages_differ_in_texts_alone() -> None:
    """The same questions stand in every language; titles are each language's own."""
    for board in BOARDS:
        asked = []
        for language in LANGUAGES:
            document = json.loads(MADE[f"{language}/{board.name}.json"])
            asked.append([panel.get("targets") for panel in document["panels"]])
        assert asked[0] == asked[1] == asked[2]
        titles = {json.loads(MADE[f"{one}/{board.name}.json"])["title"] for one in LANGUAGES}
        assert len(titles) == len(LANGUAGES)
