"""Accounts, sessions, tokens and failed attempts in a SQLite file of their own.

Apart from the store of what happened: who serves pages may write here and only read there. Several
processes may serve one file.
"""

import json
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from connectors.stores.received_file import ReceivedFile
from pipeline.model import Instant
from pipeline.ports.accounts import Account, Pending, Session, Token

MEMORY = ":memory:"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (name TEXT PRIMARY KEY, provider TEXT, data TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS accounts_by_provider ON accounts (provider);
CREATE TABLE IF NOT EXISTS certificates (
    name TEXT NOT NULL, account TEXT NOT NULL, PRIMARY KEY (name, account)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (
    family TEXT PRIMARY KEY, key TEXT NOT NULL, before TEXT NOT NULL, account TEXT NOT NULL,
    began_at INTEGER NOT NULL, seen_at INTEGER NOT NULL, data TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS sessions_by_key ON sessions (key);
CREATE INDEX IF NOT EXISTS sessions_by_former ON sessions (before) WHERE before <> '';
CREATE INDEX IF NOT EXISTS sessions_by_account ON sessions (account, began_at);
CREATE TABLE IF NOT EXISTS tokens (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, made_at INTEGER NOT NULL, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS failures (key TEXT NOT NULL, at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS failures_by_key ON failures (key, at);
CREATE INDEX IF NOT EXISTS failures_by_time ON failures (at);
CREATE TABLE IF NOT EXISTS pending (
    key TEXT PRIMARY KEY, ends_at INTEGER NOT NULL, data TEXT NOT NULL) WITHOUT ROWID;
"""
_PUT_SESSION = """INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (family) DO UPDATE
    SET key = excluded.key, before = excluded.before, seen_at = excluded.seen_at,
    data = excluded.data"""
_READERS: dict[type[Any], TypeAdapter[Any]] = {
    kind: TypeAdapter(kind) for kind in (Account, Session, Token, Pending)
}
_Kept = TypeVar("_Kept", Account, Session, Token, Pending)


class SqliteAccounts:
    """``ports.AccountStore`` on a SQLite file; ``":memory:"`` is the sibling."""

    def __init__(self, path: Path | str) -> None:
        if path != MEMORY:
            # Made before SQLite makes it, so that at no time others may read it.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._file = ReceivedFile(path, _SCHEMA)

    def account(self, name: str) -> Account | None:
        """Give an account; None where there is none."""
        return self._one(Account, "SELECT data FROM accounts WHERE name = ?", name)

    def vouched(self, provider: str) -> Account | None:
        """Give the account that a provider's subject (``issuer|subject``) may use."""
        return self._one(Account, "SELECT data FROM accounts WHERE provider = ?", provider)

    def certified(self, names: Sequence[str]) -> Account | None:
        """Give the account of a certificate by any of its names; None where none, or several."""
        found: set[str] = set()
        with self._file.reading() as file:
            for name in names:
                query = "SELECT account FROM certificates WHERE name = ?"
                found |= {row[0] for row in file.execute(query, (name,))}
        return self.account(found.pop()) if len(found) == 1 else None

    def accounts(self) -> Sequence[Account]:
        """Give all, by name."""
        return self._all(Account, "SELECT data FROM accounts ORDER BY name")

    def keep(self, before: Account | None, after: Account) -> bool:
        """Keep a new or changed account; False where it no longer stands as ``before`` says."""
        with self._file.writing() as file:
            query = "SELECT data FROM accounts WHERE name = ?"
            row = file.execute(query, (after.name,)).fetchone()
            if (_read(Account, row[0]) if row else None) != before:
                return False
            file.execute(
                "INSERT INTO accounts VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE"
                " SET provider = excluded.provider, data = excluded.data",
                (after.name, after.provider or None, _written(after)),
            )
            file.execute("DELETE FROM certificates WHERE account = ?", (after.name,))
            file.executemany(
                "INSERT INTO certificates VALUES (?, ?)",
                [(name, after.name) for name in sorted(set(after.certificates))],
            )
        return True

    def session(self, key: str) -> Session | None:
        """Give the session whose cookie has this hash, or had it before its last rotation."""
        if not key:
            return None
        query = "SELECT data FROM sessions WHERE key = ?1 OR before = ?1"
        return self._one(Session, query, key)

    def put_session(self, session: Session) -> None:
        """Keep a session in place of its family's former state."""
        row = (
            session.family, session.key, session.before, session.account, session.began_at,
            session.seen_at, _written(session),
        )  # fmt: skip
        with self._file.writing() as file:
            file.execute(_PUT_SESSION, row)

    def drop_session(self, family: str) -> None:
        """End a session."""
        with self._file.writing() as file:
            file.execute("DELETE FROM sessions WHERE family = ?", (family,))

    def sessions(self, account: str) -> Sequence[Session]:
        """Give an account's sessions, the newest first."""
        query = "SELECT data FROM sessions WHERE account = ? ORDER BY began_at DESC, family"
        return self._all(Session, query, account)

    def sweep(self, now: Instant, oldest: Instant) -> None:
        """Forget sessions not seen since ``oldest``, and what else has ended."""
        with self._file.writing() as file:
            file.execute("DELETE FROM sessions WHERE seen_at < ?", (oldest,))
            file.execute("DELETE FROM failures WHERE at < ?", (oldest,))
            file.execute("DELETE FROM pending WHERE ends_at < ?", (now,))

    def token(self, token_id: str) -> Token | None:
        """Give a token by its public id."""
        return self._one(Token, "SELECT data FROM tokens WHERE id = ?", token_id)

    def put_token(self, token: Token) -> None:
        """Keep a new or changed token."""
        row = (token.id, token.account, token.made_at, _written(token))
        with self._file.writing() as file:
            file.execute("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?)", row)

    def tokens(self, account: str) -> Sequence[Token]:
        """Give an account's tokens, the newest first."""
        query = "SELECT data FROM tokens WHERE account = ? ORDER BY made_at DESC, id"
        return self._all(Token, query, account)

    def failed(self, keys: Sequence[str], at: Instant) -> None:
        """Note a failed attempt under each of the keys."""
        with self._file.writing() as file:
            file.executemany("INSERT INTO failures VALUES (?, ?)", [(key, at) for key in keys])

    def failures(self, key: str, since: Instant) -> int:
        """Count those of a key since an instant."""
        query = "SELECT count(*) FROM failures WHERE key = ? AND at >= ?"
        with self._file.reading() as file:
            return int(file.execute(query, (key, since)).fetchone()[0])

    def begin(self, pending: Pending) -> None:
        """Keep a login under way."""
        row = (pending.key, pending.ends_at, _written(pending))
        with self._file.writing() as file:
            file.execute("INSERT INTO pending VALUES (?, ?, ?)", row)

    def take(self, key: str) -> Pending | None:
        """Give a login under way and forget it."""
        with self._file.writing() as file:
            query = "DELETE FROM pending WHERE key = ? RETURNING data"
            row = file.execute(query, (key,)).fetchone()
        return _read(Pending, row[0]) if row else None

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        self._file.close()

    def _one(self, kind: type[_Kept], query: str, *values: str) -> _Kept | None:
        found = self._all(kind, query, *values)
        return found[0] if found else None

    def _all(self, kind: type[_Kept], query: str, *values: str) -> list[_Kept]:
        with self._file.reading() as file:
            rows: list[sqlite3.Row] = file.execute(query, values).fetchall()
        return [_read(kind, row[0]) for row in rows]


def _written(kept: Account | Session | Token | Pending) -> str:
    return json.dumps(asdict(kept), ensure_ascii=False)


def _read(kind: type[_Kept], data: str) -> _Kept:
    adapter: TypeAdapter[_Kept] = _READERS[kind]
    return adapter.validate_json(data)
