"""Accounts, sessions, tokens and attempts: in a file and in memory alike."""

import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.accounts.sqlite import MEMORY, SqliteAccounts
from pipeline.ports.accounts import Account, AccountStore, Pending, Session, Token

ONE = Account("a", ("analyst",), ("party",), certificates=("a.example",), provider="i|1")
SESSION = Session("key", "family", "a", "analyst", 10, 10, 10)


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AccountStore]:
    """Give an empty store."""
    made = SqliteAccounts(tmp_path / "accounts.db" if request.param == "file" else MEMORY)
    yield made
    made.close()
    made.close()


def test_an_account_is_kept_as_it_was_seen(store: AccountStore) -> None:
    """A change made on what somebody else has changed meanwhile is not kept."""
    assert store.keep(None, ONE)
    assert not store.keep(None, replace(ONE, roles=("regulator",)))
    changed = replace(ONE, disabled=True, certificates=("b.example",))
    assert store.keep(ONE, changed)
    assert not store.keep(ONE, ONE)
    assert store.account("a") == changed
    assert list(store.accounts()) == [changed]
    assert store.certified(["a.example"]) is None
    assert store.certified(["b.example"]) == changed
    assert store.vouched("i|1") == changed
    assert store.vouched("") is None


def test_a_session_is_found_by_its_former_key_too(store: AccountStore) -> None:
    """One row a family; the former key finds it, an empty one finds nothing."""
    store.put_session(SESSION)
    after = replace(SESSION, key="new", before="key", seen_at=20)
    store.put_session(after)
    assert store.session("key") == store.session("new") == after
    assert store.session("") is None
    assert list(store.sessions("a")) == [after]
    store.drop_session("family")
    assert store.session("new") is None


def test_what_has_ended_is_swept(store: AccountStore) -> None:
    """Old sessions, failures and logins under way go; what lasts stays."""
    store.put_session(SESSION)
    store.put_session(replace(SESSION, key="k2", family="f2", seen_at=30))
    store.failed(["x"], 10)
    store.failed(["x"], 30)
    store.begin(Pending("p", "b", "n", "v", "/", 15))
    store.begin(Pending("q", "b", "n", "v", "/", 99))
    store.sweep(now=40, oldest=20)
    assert [one.family for one in store.sessions("a")] == ["f2"]
    assert store.failures("x", 0) == 1
    assert store.take("p") is None
    assert store.take("q") is not None
    assert store.take("q") is None


def test_tokens(store: AccountStore) -> None:
    """They are kept by id, and listed the newest first."""
    first = Token("1", "k", "a", "analyst", ("read:*",), 10, 20)
    second = replace(first, id="2", made_at=11)
    store.put_token(first)
    store.put_token(second)
    store.put_token(replace(first, revoked=True))
    assert list(store.tokens("a")) == [second, replace(first, revoked=True)]
    assert store.token("3") is None


def test_the_file_is_its_owners(tmp_path: Path) -> None:
    """Nobody else may read it, from its making on."""
    path = tmp_path / "accounts.db"
    SqliteAccounts(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_one_of_two_changes_at_once_is_kept(tmp_path: Path) -> None:
    """Two processes that change an account at once: one is told to look again."""
    path = tmp_path / "accounts.db"
    stores = [SqliteAccounts(path) for _ in range(2)]
    assert stores[0].keep(None, ONE)
    kept: list[bool] = []
    threads = [
        threading.Thread(
            target=lambda one=one, n=n: kept.append(one.keep(ONE, replace(ONE, last_step=n + 1)))
        )
        for n, one in enumerate(stores)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(kept) == [False, True]
    for one in stores:
        one.close()
