"""The rights of the cluster's processes in Kafka as data: a role for each, fitted to the prefix."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import Field, RootModel

from connectors.stores.kafka.rights import CLUSTER, Right
from pipeline.documents import read_yaml, validated
from pipeline.errors import ConfigurationError, Problem
from pipeline.runtime.configuration import bundled
from pipeline.settings import ClusterSettings, Piece

Operation: TypeAlias = Literal[
    "read", "write", "create", "delete", "describe", "alter", "alter_configs", "describe_configs"
]
Named: TypeAlias = dict[str, tuple[Operation, ...]]


class Role(Piece):
    """What one kind of process may do, by the names of resources without the prefix."""

    topics: Named = Field(default_factory=dict)
    groups: Named = Field(default_factory=dict)
    transactions: Named = Field(default_factory=dict)
    cluster: tuple[Operation, ...] = ()


class RightsFile(RootModel[dict[str, Role]]):
    """The file of the roles."""


def rights_file() -> Path:
    """Give the bundled file of the roles."""
    beside = bundled("").resolve().parent / "deploy" / "kafka" / "acls.yml"
    return beside if beside.is_file() else bundled("kafka") / "acls.yml"


def read_rights(settings: ClusterSettings, users: Mapping[str, str]) -> tuple[Right, ...]:
    """Give every right of the users by role; a role without a user is ``saqshy-<role>``.

    ConfigurationError with all problems of the file, and where a role is not in it.
    """
    file = rights_file()
    roles = validated(RightsFile, read_yaml(file)).root
    unknown = sorted(users.keys() - roles.keys())
    if unknown:
        known = ", ".join(sorted(roles))
        raise ConfigurationError(
            [Problem(str(file), 0, f"no such role: {one}", f"known: {known}") for one in unknown]
        )
    return tuple(
        right
        for name, role in roles.items()
        for right in _rights(users.get(name, f"saqshy-{name}"), role, settings.prefix)
    )


def _rights(user: str, role: Role, prefix: str) -> Iterator[Right]:
    kinds: tuple[tuple[Literal["topic", "group", "transactional_id"], Named], ...] = (
        ("topic", role.topics),
        ("group", role.groups),
        ("transactional_id", role.transactions),
    )
    for kind, named in kinds:
        for name, operations in named.items():
            whole = f"{prefix}{name}"
            begins = whole.endswith("*") and whole != "*"  # which is Kafka's own word for all
            for operation in operations:
                yield Right(user, kind, whole.rstrip("*") if begins else whole, begins, operation)
    for operation in role.cluster:
        yield Right(user, "cluster", CLUSTER, False, operation)
