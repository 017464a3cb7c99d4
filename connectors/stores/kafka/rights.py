"""Kafka's access control lists: who is to be given what, and giving it."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
)

from connectors.kafka_link import BOOTSTRAP_MILLISECONDS, connected, security
from connectors.stores.kafka.trouble import told
from pipeline.settings import ClusterSettings

RIGHTS = "ALTER on the cluster"
CLUSTER = "kafka-cluster"  # the one name of the resource "cluster"


@dataclass(frozen=True, slots=True)
class Right:
    """One right of a user. ``name`` is a resource's name, or with ``begins`` how it begins."""

    user: str
    kind: Literal["topic", "group", "transactional_id", "cluster"]
    name: str
    begins: bool
    operation: str

    def __str__(self) -> str:
        name = f"{self.name}*" if self.begins else self.name
        return f"{self.user}: {self.operation} on {self.kind} {name}"


def give(settings: ClusterSettings, rights: Sequence[Right]) -> None:
    """Give rights; those that are there already stay. StoreError where brokers refuse one."""
    place = ",".join(settings.brokers)
    with (
        told(place, RIGHTS),
        closing(
            connected(
                KafkaAdminClient,
                bootstrap_servers=list(settings.brokers),
                client_id="saqshy-rights",
                request_timeout_ms=int(settings.timeout_seconds * 1000),
                bootstrap_timeout_ms=BOOTSTRAP_MILLISECONDS,
                **security(settings),
            )
        ) as client,
    ):
        refused = client.create_acls([_acl(one) for one in rights])["failed"]
        for kind in refused:
            raise kind()


def _acl(right: Right) -> Any:
    begins, whole = ACLResourcePatternType.PREFIXED, ACLResourcePatternType.LITERAL
    return ACL(
        principal=f"User:{right.user}",
        host="*",
        operation=ACLOperation[right.operation.upper()],
        permission_type=ACLPermissionType.ALLOW,
        resource_pattern=ResourcePattern(
            resource_type=ResourceType[right.kind.upper()],
            resource_name=right.name,
            pattern_type=begins if right.begins else whole,
        ),
    )
