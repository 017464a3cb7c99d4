"""Made runs through the real chain: whatever happens, a system without faults gives no alarm."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.model import IncidentState
from tests.audit.runs import DAY, MINUTE, VERDICTS, Run, found, run

OBJECTS = ("kz-bank", "kz-dc", "kz-energy-tec", "kz-unattested", "kz-trial-transport")
STEPS = ("acknowledge", "contain", "close", "benign", "reopen", "yes", "no", "note", "merge",
         "request", "progress")  # fmt: skip
ACTIONS = st.one_of(
    st.tuples(
        st.just("find"),
        st.sampled_from(OBJECTS),
        st.sampled_from(["one", "two"]),
        st.sampled_from([*VERDICTS, "refuted"]),
    ),
    st.tuples(st.just("step"), st.sampled_from(OBJECTS), st.sampled_from(STEPS), st.just("")),
    st.tuples(st.just("wait"), st.just(""), st.sampled_from(["minute", "days"]), st.just("")),
)
CLOSING = {"close": "true", "benign": "benign"}


def take(one: Run, action: tuple[str, str, str, str]) -> None:
    """Let one thing happen, and deliver what it owes."""
    kind, object_id, name, verdict = action
    if kind == "find":
        known = f"{object_id}/{name}" in one._findings
        if known or verdict != "refuted":
            one.find(object_id, f"{object_id}/{name}", VERDICTS.get(verdict))
    elif kind == "wait":
        one.made.clock.advance_to(one.now + (MINUTE if name == "minute" else 3 * DAY))
        one.made.tick()
    else:
        step(one, object_id, name)
    one.deliver()


def step(one: Run, object_id: str, name: str) -> None:
    """Let the duty lead act on an object's newest incident, as far as that can be."""
    standing = list(one.made.system.stores.incidents.latest(object_id))
    if not standing:
        return
    last = standing[-1]
    if name in CLOSING:
        one.command("close", last, verdict=CLOSING[name])
    elif name in ("yes", "no"):
        one.command("decide", last, says={"is_incident": name})
    elif name == "note":
        one.command("note", last, text="looked at it")
    elif name == "request":
        one.command("report", last, kind="request", by="csirt")
    elif name == "progress":
        one.command("report", last, kind="progress")
    elif name == "merge":
        others = [item for item in standing if item.state is not IncidentState.MERGED]
        if len(others) > 1:
            one.command("merge", others[-1], into=others[0].id)
    else:
        one.command(name, last)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(["kz", "nis2"]), st.lists(ACTIONS, min_size=1, max_size=12))
def test_a_run_without_faults_gives_no_alarm(
    pack: str, actions: list[tuple[str, str, str, str]]
) -> None:
    """Findings come, change and go, people act, days pass: what is owed is what was told."""
    with tempfile.TemporaryDirectory() as folder, run(Path(folder), pack=pack) as one:
        for action in actions:
            take(one, action)
        assert found(one.store, one.now) == []


@pytest.mark.proof
@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(["kz", "nis2"]), st.lists(ACTIONS, min_size=1, max_size=25))
def test_long_runs_without_faults_give_no_alarm(
    pack: str, actions: list[tuple[str, str, str, str]]
) -> None:
    """The same for many and longer runs."""
    with tempfile.TemporaryDirectory() as folder, run(Path(folder), pack=pack) as one:
        for action in actions:
            take(one, action)
        assert found(one.store, one.now) == []
