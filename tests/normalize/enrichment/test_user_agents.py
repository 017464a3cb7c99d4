"""What a user agent says of itself."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Json
from pipeline.normalize.ecs_schema import fitting
from pipeline.normalize.enrichment.user_agents import user_agent_parts
from tests.normalize.enrichment.made import event

WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Safari/537.36"
)
TELEPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1"
)
AGENTS = {
    "a browser on Windows": (
        WINDOWS,
        {
            "name": "Chrome", "version": "120.0.0.0",
            "os": {"name": "Windows", "version": "10", "full": "Windows 10", "type": "windows"},
        },
    ),
    "a telephone": (
        TELEPHONE,
        {
            "name": "Mobile Safari", "version": "17.1",
            "os": {"name": "iOS", "version": "17.1", "full": "iOS 17.1", "type": "ios"},
            "device": {"name": "iPhone"},
        },
    ),
    "a tool": ("curl/8.4.0", {"name": "curl", "version": "8.4.0"}),
    "nothing known": ("-", {}),
    "empty": ("", {}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "parts"), AGENTS.values(), ids=AGENTS)
def test_a_user_agent_is_taken_apart(text: str, parts: Json) -> None:
    """Browser, version, system and device are named as far as the text names them."""
    found = user_agent_parts(event({"user_agent": {"original": text}}))
    assert found.get("user_agent", {}) == parts


@pytest.mark.parametrize("agent", [{}, {"name": "x"}, {"original": 7}, "text", None])
def test_without_the_original_nothing_is_said(agent: object) -> None:
    """Only a text under ``user_agent.original`` is read."""
    assert user_agent_parts(event({"user_agent": agent})) == {}


@given(text=st.text(max_size=200))
def test_any_text_gives_parts_that_fit(text: str) -> None:
    """Whatever a client sends, what comes out fits its fields."""
    found = user_agent_parts(event({"user_agent": {"original": text}})).get("user_agent", {})
    system = found.pop("os", {})
    device = found.pop("device", {})
    fields = {**found, **{f"os.{n}": v for n, v in system.items()}}
    fields |= {f"device.{n}": v for n, v in device.items()}
    assert all(fitting(f"user_agent.{name}", value) == value for name, value in fields.items())


def test_a_made_up_user_agent_costs_what_it_is_long() -> None:
    """Texts made to be slow for backtracking patterns come to an end."""
    began = time.perf_counter()
    for text in ("(" * 9000, "Mozilla/5.0 (" + "; " * 5000, "a" * 100_000, "/1" * 9000):
        user_agent_parts(event({"user_agent": {"original": text}}))
    assert time.perf_counter() - began < 5
