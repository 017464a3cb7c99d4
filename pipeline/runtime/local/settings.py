"""The settings of each process of a cluster on one machine, as least-privilege users."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from pipeline.runtime.configuration import bundled
from pipeline.runtime.local.broker import ROOT, LocalBroker
from pipeline.runtime.local.elastic import LocalElastic
from pipeline.runtime.pki import Pki

PARTITIONS = 4
KAFKA_ROLES = ("admin", "collect", "worker", "notifier", "indexer", "web", "auditor", "watch")
ELASTIC_ROLES = ("admin", "indexer", "web", "auditor")
"""The roles of deploy/kafka/acls.yml and deploy/elasticsearch/roles.yml that are users here."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where a cluster's services and receiver are, and the folder of its processes' files.

    ``console`` is the port of console and API.
    """

    folder: Path
    broker: LocalBroker
    elastic: LocalElastic | None
    receiver: str
    pki: Pki
    console: int = 0

    def write(self, name: str, role: str, **cluster: object) -> Path:
        """Write the settings of one process, as the user of a role; give the file's path."""
        user = role if role == ROOT else f"saqshy-{role if role in KAFKA_ROLES else 'watch'}"
        document: dict[str, object] = {
            "centre": "OCIB-EXAMPLE",
            "store": {"path": str(self.folder / name / "saqshy.db")},
            "registry": [str(bundled("objects"))],
            "content": {
                "paths": [str(bundled("detection")), str(bundled("correlation"))],
                "cache": str(self.folder / "cache"),
            },
            "law": {"pack": str(bundled("law") / "kz")},
            "web": None,
            "log": {"level": "warning"},
            "cluster": {
                **self.broker.link(user),
                "prefix": "saqshy.",
                "partitions": PARTITIONS,
                "replication": 1,
                "standbys": 0,
                "folder": str(self.folder / name),
                "port": 0,
                **cluster,
            },
            **self._own(role),
        }
        (self.folder / name).mkdir(mode=0o700, exist_ok=True)
        path = self.folder / f"{name}.yml"
        path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        return path

    def _own(self, role: str) -> Mapping[str, object]:
        if role == "collect":
            return {"listeners": self._listeners(), "tick_seconds": 0.2}
        if role == "worker":  # it is where channels are chosen
            return {"notify": self._notify()}
        if role == "notifier":
            return {"notify": self._notify(), "audit": {"signing_key": str(self.pki.audit_signing)}}
        if self.elastic is not None and role in ELASTIC_ROLES:
            section = {"elasticsearch": {**self.elastic.section(role), "retry_most_seconds": 5}}
            more = {"web": self._served, "auditor": self._auditing}
            return {**section, **(more[role]() if role in more else {})}
        return {}

    def _served(self) -> Mapping[str, object]:
        own = self.folder / "web"
        return {
            "serving": {"port": self.console},
            "login": {
                "accounts": str(own / "accounts.db"),
                "key": str(own / "login.key"),
                "origin": f"http://127.0.0.1:{self.console}",
            },
            "audit": {"verifying_keys": [str(self.pki.audit_verifying)]},
        }

    def _auditing(self) -> Mapping[str, object]:
        own = self.folder / "auditor"
        return {
            "auditor": {
                "state": str(own / "auditor.db"),
                "pages": str(own / "pages"),
                "heartbeats": str(own / "heartbeats"),
                "every_seconds": 2,
                "port": 0,
            },
            "notify": self._notify(),  # which lines there are
            "audit": {"verifying_keys": [str(self.pki.audit_verifying)]},
        }

    def _listeners(self) -> list[dict[str, object]]:
        feeds = {name: self.folder / f"{name}.ndjson" for name in ("windows", "registry")}
        for feed in feeds.values():
            feed.touch()
        return [
            {"name": "gateway", "kind": "syslog_udp"},
            {"name": "syslog", "kind": "syslog_tcp"},
            *(
                {"name": name, "kind": "file", "path": str(feed), "follow": True}
                for name, feed in feeds.items()
            ),
        ]

    def _notify(self) -> Mapping[str, object]:
        pki = self.pki
        return {
            "ncc": {
                "url": self.receiver,
                "ca": str(pki.ca),
                "certificate": str(pki.centre),
                "key": str(pki.centre_key),
                "signing_key": str(pki.centre_signing),
                "receipt_key": str(pki.receipt_verifying),
            },
            "folder": {"path": str(self.folder / "outgoing")},
        }


def emptied(folder: Path) -> Path:
    """Give a folder of the owner's alone, with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    return folder
