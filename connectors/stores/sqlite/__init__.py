"""The standalone runtime's stores in one SQLite file (WAL), bound by one transaction."""

from connectors.stores.sqlite.opening import open_sqlite

__all__ = ["open_sqlite"]
