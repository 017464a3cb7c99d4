"""What is looked at in the browser: pages by role, and what axe-core finds on one."""

from functools import cache
from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

from pipeline.access import Role
from tests.web.desks import incident_of

INCIDENT = f"/incidents/{incident_of('critical')}"
MAIN = (
    (Role.ANALYST, "/queue"),
    (Role.ANALYST, INCIDENT),
    (Role.ANALYST, "/search?kind=events&span=all"),
    (Role.OWNER, "/own"),
    (Role.DUTY_LEAD, f"{INCIDENT}/do/close"),
)
"""The pages that are looked at on every run; all others in the proof."""
OTHERS = (
    (Role.ANALYST, "/incidents?q=state:(new"),
    (Role.ANALYST, "/unknown"),
    (Role.ANALYST, "/dead-letters"),
    (Role.ANALYST, "/report"),
    (Role.ANALYST, "/help"),
    (Role.ANALYST, "/nowhere"),
    (Role.OWNER, "/incidents"),
    (Role.OWNER, INCIDENT),
    (Role.OWNER, "/objects/plain"),
    (Role.NCC, "/incidents"),
    (Role.NCC, "/proof"),
    (Role.SECTORAL_CENTRE, "/notices"),
    (Role.REGULATOR, "/statistics"),
    (Role.REGULATOR, "/notices"),
    (Role.PROSECUTOR, "/audit?verify=yes"),
    (Role.PROSECUTOR, "/versions"),
    (Role.ADMINISTRATOR, "/health"),
    (Role.ADMINISTRATOR, "/objects"),
)
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
DARK: dict[str, Any] = {**DESK, "color_scheme": "dark"}
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}}
_RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@cache
def axe() -> str:
    """Give the source of axe-core (MPL-2.0), as its wheel brings it; used by tests alone."""
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def faults(page: Page) -> list[str]:
    """Give what axe finds on a page that is serious or critical, with where it stands."""
    page.evaluate(axe())
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", _RULES)
    return [
        f"{one['id']}: {node['html'][:120]} {node.get('failureSummary', '')[:200]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def named(path: str) -> str:
    """Name a screenshot after a page's path."""
    return path.strip("/").replace("/", "-").partition("?")[0].replace(incident_of("critical"), "1")
