"""Every query of every panel, sent as Grafana sends it, to real services after a real run."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboards.__main__ import BOARDS, FOLDER
from pipeline.notify.texts import LANGUAGES
from tests.connectors.elastic_server import Server
from tests.dashboards.contact_sheet import page
from tests.dashboards.filled import filled
from tests.dashboards.grafana import Services, panels, variables

OUTPUT = Path(__file__).parents[2] / "var" / "test-output" / "dashboards"


@pytest.fixture(scope="module")
def services(elastic: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Give both services after the story."""
    with filled(tmp_path_factory.mktemp("dashboards"), elastic) as made:
        yield made


@pytest.mark.parametrize("name", [board.name for board in BOARDS])
def test_every_panel_answers_with_data(services: Services, name: str) -> None:
    """With all values chosen no query fails or comes back empty; a contact sheet is left."""
    path = FOLDER / "en" / f"{name}.json"
    chosen = {one["name"]: [one["allValue"]] for one in variables(path)}
    drawn, empty = [], []
    for panel in panels(path):
        answers = [services.ask(target, chosen) for target in panel["targets"]]
        drawn.append((panel, answers))
        empty += [panel["title"] for one in answers if not one.has_data]
    for language in LANGUAGES:
        (OUTPUT / language).mkdir(parents=True, exist_ok=True)
        document = json.loads((FOLDER / language / f"{name}.json").read_text("utf-8"))
        sheet = OUTPUT / language / f"{name}.html"
        sheet.write_text(page(document, drawn), encoding="utf-8")
    assert empty == []


@pytest.mark.parametrize("name", [board.name for board in BOARDS if board.variables])
def test_a_choice_narrows(services: Services, name: str) -> None:
    """Each variable offers values; with one or two of them chosen every query still answers."""
    path = FOLDER / "en" / f"{name}.json"
    offered = {one["name"]: services.values(one) for one in variables(path)}
    assert all(offered.values())
    for count in (1, 2):
        chosen = {key: values[:count] for key, values in offered.items()}
        for panel in panels(path):
            for target in panel["targets"]:
                services.ask(target, chosen)
