"""What the guard held and a cleared person let go (SPEC 5)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.model import GuardDecision
from pipeline.notify import courier
from pipeline.notify.courier import freed
from pipeline.runtime.chainer import audited
from pipeline.runtime.notice_drafts import notice_draft
from tests.audit.runs import YES, Run, found, run, told

OPEN = GuardDecision("open", "attested_open")


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Give a run whose notices outside are held, at an object that is attested meanwhile."""
    with run(tmp_path) as one:
        one.find("kz-unattested", "entry", YES)
        one.deliver()
        monkeypatch.setattr(courier.Courier, "guarded", lambda _self, notice, _now: notice)
        yield one


def let_go(one: Run, detail: dict[str, str], guard: str = "") -> None:
    """Free the coordination centre's notice, with what the trail says of it, and deliver it."""
    stores = one.made.system.stores
    notice = next(item for item in one.notices() if item.recipient.role == "ncc")
    after = freed(notice, OPEN, one.now)
    assert after is not None
    after = replace(after, guard=replace(after.guard, decision=guard or after.guard.decision))
    draft = notice_draft(after, one.now)
    name = f"notice:{notice.id}:command:1"
    with stores.database.transaction():
        assert stores.outbox.change(notice, after)
        audited(stores.audit, [replace(draft, entry_id=name, detail={**draft.detail, **detail})])
    one.deliver()


def test_what_a_person_released_may_leave_as_a_stub(held: Run) -> None:
    """By the trail's word a person let it go: that is no fault."""
    let_go(held, {"command": "notices_release", "reason": "cleared by the head"})
    assert found(held.store, held.now) == []


def test_what_nobody_released_may_not(held: Run) -> None:
    """The same without a person's word: it says more than the guard decided, and it left."""
    let_go(held, {})
    assert told(found(held.store, held.now)) == [("wrong", "guard"), ("wrong", "sent_while_held")]


def test_a_release_frees_the_stub_and_no_more(held: Run) -> None:
    """What the guard ever held leaves without details, whoever frees it."""
    let_go(held, {"command": "notices_release"}, guard="open")
    assert ("wrong", "guard") in told(found(held.store, held.now))
