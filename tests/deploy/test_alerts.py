"""Alert rules, their routes and the runbook: checked by the tools of Prometheus themselves."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.dashboards.promql import faults

DEPLOY = Path(__file__).parents[2] / "deploy"
PROMETHEUS = DEPLOY / "prometheus"


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def alerts() -> dict[str, dict[str, Any]]:
    groups = read(PROMETHEUS / "alerts.yml")["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def run(*command: str) -> str:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(
        command, cwd=PROMETHEUS, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "command",
    [
        ("promtool", "check", "rules", "alerts.yml"),
        ("promtool", "check", "config", "prometheus.yml"),
        ("promtool", "test", "rules", "alerts_test.yml"),
        ("amtool", "check-config", "../alertmanager/alertmanager.yml"),
    ],
    ids=["rules", "config", "rule tests", "routes"],
)
def test_the_tools_find_nothing(command: tuple[str, ...]) -> None:
    """Rules, configuration, rule tests and routes pass Prometheus' and Alertmanager's checks."""
    assert "SUCCESS" in run(*command)


def test_each_alert_has_its_cases() -> None:
    """Each alert has a case in which it fires and one in which it does not."""
    cases = {
        (case["alertname"], bool(case["exp_alerts"]))
        for test in read(PROMETHEUS / "alerts_test.yml")["tests"]
        for case in test["alert_rule_test"]
    }
    assert cases == {(name, fires) for name in alerts() for fires in (True, False)}


def test_the_runbook_has_each_alert() -> None:
    """Every alert has its section with what to look at and do, and every section its alert."""
    text = (DEPLOY / "RUNBOOK.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", text, flags=re.M | re.S))
    assert list(sections) == list(alerts())
    for name, section in sections.items():
        assert f"*{alerts()[name]['labels']['severity']}*." in section
        assert "- **Look**: " in section
        assert "- **Do**: " in section
        assert alerts()[name]["annotations"]["runbook"] == f"RUNBOOK.md#{name.lower()}"


def test_alerts_name_what_is_shown() -> None:
    """Every series and label of an alert is one of the catalogue's."""
    assert [one for rule in alerts().values() for one in faults(rule["expr"])] == []


def test_each_severity_has_its_route() -> None:
    """Each severity that an alert has is routed by name to a receiver that is there."""
    config = read(DEPLOY / "alertmanager" / "alertmanager.yml")
    routed = {
        re.sub(r'^severity="(\w+)"$', r"\1", route["matchers"][0]): route["receiver"]
        for route in config["route"]["routes"]
    }
    assert {rule["labels"]["severity"] for rule in alerts().values()} == set(routed)
    assert set(routed.values()) <= {one["name"] for one in config["receivers"]}


@pytest.mark.parametrize(
    ("label", "receiver"), [("critical", "duty"), ("warning", "operations"), ("info", "shift")]
)
def test_routes_lead_where_they_should(label: str, receiver: str) -> None:
    """Alertmanager itself says that a severity reaches whom the runbook names."""
    config = "--config.file=../alertmanager/alertmanager.yml"
    assert (
        run("amtool", "config", "routes", "test", config, f"severity={label}").strip() == receiver
    )
