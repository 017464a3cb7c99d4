"""Hot reload through the real runtime: what comes into force, what is refused, what goes on."""

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.stores.sqlite import open_sqlite
from pipeline.incidents.audit import verify
from pipeline.model import RawBatch, Revisions
from pipeline.ports import Delivery
from pipeline.registry import Admission, Admitted
from pipeline.runtime.knowledge import Cause, Shelf
from pipeline.runtime.reloading import Ask
from tests.runtime.centre import (
    AT,
    CORRELATION,
    RULE,
    Centre,
    centre,
    entry,
    failures,
    prepare,
)

BY_HAND = Ask(Cause("duty_lead/a.serik", "command", "a new title"), id="c1")


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Centre]:
    """Give a system over rules of its own."""
    with centre(tmp_path) as made:
        yield made


def edited(text: str) -> str:
    """Edit a rule's title, as an analyst would."""
    return re.sub(r"(?m)^title: (.*)$", r"title: \1 (edited)", text)


def broken(text: str) -> str:
    """Break a rule: its condition names a selection that is not there."""
    return re.sub(r"(?m)^( *)condition: keywords$", r"\1condition: nothing", text)


def gone(path: Path) -> None:
    """Delete a rule and what stands beside it."""
    path.unlink()
    path.with_suffix(".tests.yml").unlink()


def test_an_edited_rule_comes_into_force_between_two_batches(here: Centre) -> None:
    """Batches taken after a reload bear and run under the new revision, those before the old."""
    old = here.system.reloader.knowledge
    here.take(failures(40))
    here.journal(failures(41))
    here.edit(CORRELATION, edited)
    assert here.system.reloader.reload(BY_HAND).outcome == "in_force"
    here.journal(failures(42))
    here.drain()
    new = here.system.reloader.knowledge
    stamps = [outcome.batch.revisions for outcome in here.outcomes]
    assert stamps == [old.revisions, old.revisions, new.revisions]
    assert old.revisions.content != new.revisions.content
    (name,) = old.content.correlations.keys() - {
        name
        for name, rule in new.content.correlations.items()
        if old.content.correlations[name].hash == rule.hash
    }
    told = [one for one in here.findings() if one.rule.id == name]
    assert [one.rule.hash for one in told] == [
        old.content.correlations[name].hash,
        old.content.correlations[name].hash,
        new.content.correlations[name].hash,
    ]


def test_an_edit_neither_renames_findings_nor_tells_anybody_anew(here: Centre) -> None:
    """An incident that is open goes on under the edited rules: same ids, no further notice."""
    here.take([*failures(40), entry(40)])
    stores = here.system.stores
    before = [(one.id, one.finding_ids) for one in stores.incidents.latest()]
    told = here.notices()
    assert len(told) > 1
    for path in ("detection", "correlation"):
        for rule in sorted((here.folder / path).rglob("*.yml")):
            if not rule.name.endswith(".tests.yml"):
                here.edit(str(rule.relative_to(here.folder)), edited)
    here.system.reloader.reload(BY_HAND)
    here.take(failures(41))
    after = {one.id: one for one in stores.incidents.latest()}
    assert [(one, after[one].finding_ids) for one, _ in before] == before
    assert max(one.revision for one in after.values()) > 1
    assert {one.id for one in here.notices()} == {one.id for one in told}
    assert any(one.rule.title.endswith("(edited)") for one in here.findings())


def test_a_rule_that_breaks_is_refused_as_a_whole_and_the_old_stays(here: Centre) -> None:
    """A rule in force that an error would lose stops the reload: alarm, audit, old rules go on."""
    stamp = here.system.reloader.knowledge.revisions
    here.edit(RULE, broken)
    here.edit(CORRELATION, edited)
    done = here.system.reloader.reload(BY_HAND)
    assert done.outcome == "refused"
    assert any("sshd_failed_password.yml" in problem.file for problem in done.problems)
    assert here.system.reloader.knowledge.revisions == stamp
    assert "sshd_failed_password.yml" in here.system.reloader.alarm
    assert any("Refused" in alarm for alarm in here.system._facts().alarms)
    (said,) = here.audit("reload")
    assert (said.detail["outcome"], said.actor) == ("refused", "duty_lead/a.serik")
    here.take(failures(40))
    assert here.outcomes[-1].batch.revisions == stamp
    assert here.findings()
    value = here.system.metrics.get_sample_value
    assert value("saqshy_reload_refused") == 1
    assert value("saqshy_reloads_total", {"outcome": "refused"}) == 1
    here.edit(RULE, lambda text: text.replace("condition: nothing", "condition: keywords"))
    assert here.system.reloader.reload(BY_HAND).outcome == "in_force"
    assert here.system.reloader.alarm == ""
    assert value("saqshy_reload_refused") == 0


def test_losses_are_accepted_by_name_only(here: Centre) -> None:
    """With an explicit override broken rules are put aside, and the audit trail says by whom."""
    here.edit(RULE, broken)
    accepted = Ask(BY_HAND.cause, accept_losses=True, id="c2")
    assert here.system.reloader.reload(accepted).outcome == "in_force"
    (said,) = here.audit("reload")
    assert (said.detail["accept_losses"], said.detail["outcome"]) == (True, "in_force")
    assert "sshd_failed_password" not in {
        rule.name for rule in here.system.reloader.knowledge.content.rules.values()
    }
    assert here.system.reloader.reload(BY_HAND).outcome == "unchanged"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("objects/objects.yml", "objects:\n  - id: a\n    colour: red\n", "objects.yml:3"),
        ("law/kz/pack.yml", "pack: [\n", "pack.yml:2"),
    ],
    ids=["registry", "pack"],
)
def test_a_broken_registry_or_pack_is_refused_with_its_line(
    here: Centre, name: str, text: str, words: str
) -> None:
    """What does not load is refused with file and line, together with good changes beside it."""
    stamp = here.system.reloader.knowledge.revisions
    here.edit(CORRELATION, edited)
    here.edit(name, lambda _: text)
    done = here.system.reloader.reload(BY_HAND)
    assert done.outcome == "refused"
    assert words in "\n".join(map(str, done.problems))
    assert here.system.collector.revisions == here.system.reloader.knowledge.revisions == stamp


def test_who_when_and_what_came_into_force_is_audited(here: Centre) -> None:
    """Each coming into force has an entry, also of content that was in force before."""
    first = here.system.reloader.knowledge.revisions
    here.take(failures(40))
    here.edit(CORRELATION, edited)
    here.system.reloader.reload(BY_HAND)
    second = here.system.reloader.knowledge.revisions
    here.clock.advance_to(AT + 1)
    here.edit(CORRELATION, lambda text: text.replace(" (edited)", ""))
    here.system.reloader.reload(BY_HAND)
    entries = here.audit("content_in_force")
    assert [one.subject for one in entries] == [first.content, second.content, first.content]
    assert [one.actor for one in entries] == ["saqshy", "duty_lead/a.serik", "duty_lead/a.serik"]
    assert entries[1].detail == {
        "before": first.content, "way": "command", "reason": "a new title",
    }  # fmt: skip
    assert len(here.audit("registry_in_force")) == 1
    assert verify(here.system.stores.audit.read()) == []


def test_a_changed_registry_admits_and_guards_at_once(here: Centre) -> None:
    """Records and notices of an object whose attestation is taken back stop with the reload."""
    here.take([*failures(40), entry(40)])
    dispatcher = here.system.dispatcher

    def ended(text: str) -> str:
        head, name, rest = text.partition("- id: kz-bank\n")
        return head + name + re.sub(r"valid_until: .*", "valid_until: 2026-01-01", rest, count=1)

    here.edit("objects/objects.yml", ended)
    assert here.system.reloader.reload(BY_HAND).outcome == "in_force"
    with pytest.raises(AssertionError):
        here.journal(failures(41))
    while dispatcher.run_due("folder", lambda: False):
        pass
    sent = {one.recipient.role for one in here.notices() if one.state.value == "sent"}
    assert sent <= {"duty_officer"}


def test_what_a_new_registry_stamps_it_has_admitted(here: Centre) -> None:
    """A registry that comes into force while a delivery is looked at decides on it itself."""
    collector, inner = here.system.collector, here.system.collector.admission

    class Slow(Admission):
        """Lets a reload happen while it looks at a delivery."""

        def __call__(self, delivery: Delivery, at: int) -> Admitted:
            found = inner(delivery, at)
            here.edit("objects/objects.yml", lambda text: text.replace("bank-gw01", "bank-gw09"))
            assert here.system.reloader.reload(BY_HAND).outcome == "in_force"
            return found

    collector.admission = Slow(inner.registry, inner.peek)
    delivery = Delivery("wire", "192.0.2.1", tuple(failures(40)), format="syslog")
    assert collector.take(delivery) == 0
    assert [one.subject for one in here.audit("registry_in_force")][1:] == [
        collector.revisions.registry
    ]


def test_changed_files_are_noticed_once_they_are_left_alone(here: Centre) -> None:
    """A look reloads what changed when the look before saw the same; a refusal is told once."""
    reloader = here.system.reloader
    assert reloader.look() is None
    here.edit(CORRELATION, edited)
    assert reloader.look() is None
    here.edit(RULE, edited)
    assert reloader.look() is None
    done = reloader.look()
    assert done is not None
    assert done.outcome == "in_force"
    assert reloader.look() is None
    here.edit(RULE, broken)
    outcomes = [reloader.look() for _ in range(4)]
    assert [one.outcome if one else "" for one in outcomes] == ["", "refused", "", ""]
    assert len(here.audit("reload")) == 2


def test_files_that_change_while_they_are_read_are_not_mixed(here: Centre) -> None:
    """What was changed during the reading is read again as it stands then, all of it."""
    workshop = here.system.reloader.workshop
    here.edit(CORRELATION, edited)
    changes = iter([RULE])

    def read():  # type: ignore[no-untyped-def]
        found = workshop.read()
        for name in changes:
            here.edit(name, edited)
        return found

    here.system.reloader.workshop = type(workshop)(
        read, workshop.state, workshop.prepare, workshop.enforce
    )
    assert here.system.reloader.reload(BY_HAND).outcome == "in_force"
    content = here.system.reloader.knowledge.content
    titles = [one.title for one in content.rules.values()]
    titles += [one.title for one in content.correlations.values()]
    assert sum(title.endswith("(edited)") for title in titles) == 2


def test_an_edited_taxonomy_is_other_content(here: Centre) -> None:
    """A changed field name changes the stamp and the verdicts; what is journalled keeps its own."""
    here.take([*failures(40), entry(40)])
    here.journal([*failures(41), entry(41)])
    before = here.system.reloader.knowledge

    def renamed(text: str) -> str:
        return text.replace("linux", "no_such_product").replace("sshd", "no_such_service")

    for path in sorted((here.folder / "taxonomies/sigma").glob("*.yml")):
        here.edit(str(path.relative_to(here.folder)), renamed)
    assert here.system.reloader.reload(BY_HAND).outcome == "in_force"
    after = here.system.reloader.knowledge
    assert after.content.revision == before.content.revision
    assert after.revisions.content != before.revisions.content
    here.drain()
    found = len(here.findings())
    assert {one.content for one in here.findings()} == {before.revisions.content}
    here.take([*failures(42), entry(42)])
    assert len(here.findings()) == found
    shelf = Shelf(here.system.stores, here.folder / "other-cache")
    assert shelf(before.revisions).revisions == before.revisions
    assert shelf(before.revisions).taxonomy.of("linux").sources == (
        before.taxonomy.of("linux").sources
    )


def test_a_loader_that_breaks_ends_nothing(here: Centre) -> None:
    """An error that nobody foresaw in the loader is a refusal; the old rules go on."""
    workshop = here.system.reloader.workshop

    def read():  # type: ignore[no-untyped-def]
        raise ZeroDivisionError

    here.system.reloader.workshop = type(workshop)(
        read, workshop.state, workshop.prepare, workshop.enforce
    )
    assert here.system.reloader.reload(BY_HAND).outcome == "refused"
    here.take(failures(40))
    assert here.findings()


def test_a_start_on_broken_rules_goes_on_with_what_was_in_force(tmp_path: Path) -> None:
    """A restart whose files would lose rules in force runs under the old, with an alarm."""
    with centre(tmp_path) as first:
        first.take(failures(40))
        stamp = first.system.reloader.knowledge.revisions
        first.edit(RULE, broken)
    with centre(tmp_path) as second:
        assert second.system.reloader.knowledge.revisions == stamp
        assert "sshd_failed_password.yml" in second.system.reloader.alarm
        second.take(failures(41))
        assert second.outcomes[-1].batch.revisions == stamp
        assert second.system.reloader.look() is None
        assert second.system.reloader.look() is None
        second.edit(RULE, lambda text: text.replace("condition: nothing", "condition: keywords"))
        assert second.system.reloader.reload(BY_HAND).outcome == "unchanged"
        assert second.system.reloader.alarm == ""


def stamps(store: Path) -> list[Revisions]:
    """Give the stamps of a store's batches in their order."""
    stores = open_sqlite(store, readonly=True)
    try:
        batches: list[RawBatch] = [batch for _, batch in stores.journal.read(0, 10_000)]
        return [batch.revisions for batch in batches]
    finally:
        stores.database.close()


def living(config: Path, until: Callable[[str], bool]) -> subprocess.Popen[str]:
    """Run until a line of the log fits; give the process, which still runs."""
    command = [sys.executable, "-m", "pipeline.runtime.cli", "run", "--config", str(config)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    timer = threading.Timer(60, process.kill)
    timer.start()
    assert process.stderr is not None
    for line in process.stderr:
        if until(line):
            break
    timer.cancel()
    return process


def ended(process: subprocess.Popen[str], number: int) -> int:
    """End a process by a signal and give its code."""
    process.send_signal(number)
    _, _ = process.communicate(timeout=60)
    return process.returncode


LOUD = {"level": "debug", "json_lines": True}
OFTEN = {"tick_seconds": 0.05, "log": LOUD}


def test_a_signal_reloads_a_running_system(tmp_path: Path) -> None:
    """SIGHUP has a running system read its files; batches from then on bear the new stamp."""
    quiet = {"paths": ["detection", "correlation"], "cache": "cache", "watch_seconds": 0}
    config = prepare(tmp_path, content=quiet, **OFTEN)
    process = living(config, lambda line: "commit.end" in line)
    rule = tmp_path / CORRELATION
    rule.write_text(edited(rule.read_text(encoding="utf-8")), encoding="utf-8")
    process.send_signal(signal.SIGHUP)
    assert process.stderr is not None
    assert any('"reload.end"' in line for line in process.stderr)
    assert any('"commit.end"' in line for line in process.stderr)
    assert any('"commit.end"' in line for line in process.stderr)
    assert ended(process, signal.SIGINT) == 0
    seen = stamps(tmp_path / "saqshy.db")
    assert len(set(seen)) == 2
    assert seen == sorted(seen, key=lambda stamp: stamp != seen[0])


@pytest.mark.parametrize("phase", ["reload.begin", "reload.end"])
def test_a_kill_in_a_reload_leaves_the_old_or_the_new(tmp_path: Path, phase: str) -> None:
    """Killed where a reload is kept, a system comes back with all parts of one state."""
    config = prepare(tmp_path, **OFTEN)
    process = living(config, lambda line: "commit.end" in line)
    for name in (CORRELATION, RULE):
        rule = tmp_path / name
        rule.write_text(edited(rule.read_text(encoding="utf-8")), encoding="utf-8")
    objects = tmp_path / "objects/objects.yml"
    objects.write_text(objects.read_text(encoding="utf-8").replace("TEC-01", "TEC-02"), "utf-8")
    assert process.stderr is not None
    assert any(phase in line for line in process.stderr)
    assert ended(process, signal.SIGKILL) == -signal.SIGKILL
    with centre(tmp_path) as again:
        again.take(failures(40))
        new = again.outcomes[-1].batch.revisions
        assert again.findings()
    seen = stamps(tmp_path / "saqshy.db")
    assert set(seen) == {seen[0], new}
    assert (seen[0].content != new.content, seen[0].registry != new.registry) == (True, True)
