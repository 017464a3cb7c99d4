"""The numbers of the Linux audit system and what they mean: the table ``auditd.yml``, applied."""

from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel, ConfigDict

from pipeline.errors import ConfigurationError, Problem
from pipeline.normalize.ecs_schema import fitting
from pipeline.normalize.taxonomy import validated_taxonomy


class AuditTables(BaseModel):
    """The whole table; ``calls`` are named by one or several system calls."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    machines: dict[str, str]
    calls: dict[str, list[str]]
    records: dict[str, list[str]]
    types: dict[int, str]
    syscalls: dict[str, dict[int, str]]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a record type or system call is in ECS: ``event.action``, ``category``, ``type``."""

    action: str
    category: str
    types: tuple[str, ...]


@cache
def tables() -> AuditTables:
    """Read the tables; ConfigurationError where a category or type is none of ECS."""
    found, document = validated_taxonomy("auditd.yml", AuditTables)
    problems: list[Problem] = []
    for section, rows in (("calls", found.calls), ("records", found.records)):
        for name, row in rows.items():
            whole = len(row) > 2 and fitting("event.category", row[1:2]) is not None
            if not whole or fitting("event.type", row[2:]) is None:
                message = f"{name}: needs an action, a category and types of ECS"
                problems.append(document.problem((section, name), message))
    if problems:
        raise ConfigurationError(problems)
    return found


@cache
def meanings() -> dict[str, Meaning]:
    """Give what each record type (capitals) and system call (small letters) means."""
    found = tables()
    rows = [*found.records.items(), *found.calls.items()]
    return {
        name: Meaning(row[0], row[1], tuple(row[2:]))
        for names, row in rows
        for name in names.split()
    }


def type_name(number: int) -> str:
    """Give the name of a record type's number; ``UNKNOWN[n]``, as auditd writes it, where none."""
    return tables().types.get(number, f"UNKNOWN[{number}]")


@cache
def syscall_name(machine: str, number: str) -> str:
    """Give a system call's name by the machine (``c000003e`` or ``x86_64``); "" where unknown."""
    found = tables()
    calls = found.syscalls.get(found.machines.get(machine.lower(), machine))
    if calls is None or not (number.isascii() and number.isdigit() and len(number) < 7):
        return ""
    return calls.get(int(number), "")
