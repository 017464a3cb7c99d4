"""Every error that Saqshy raises on purpose.

    SaqshyError
    ├── ConfigurationError     settings, registry, rules or pack: all problems at once
    ├── StoreError             a store could not be read or written
    │   ├── StoreFull          no space left: the pipeline pauses, nothing is acknowledged
    │   └── StoreCorrupt       what is stored does not verify or does not open
    ├── SourceError            a source could not be opened or read (port in use, no such file)
    ├── DeliveryError          a sink could not deliver
    │   ├── DeliveryDelayed    try again: down, slow, refused for now
    │   └── DeliveryRefused    a person must look: nonsense answer, not who it should be
    │       └── DeliveryRejected   this very notice was rejected: others may pass
    ├── LoginRefused           an identity was not proved, or may not do this
    └── IntegrityError         an equal revision with another content, a broken chain

Bad data is not an error: it is a ``model.Failure``. A message names the thing, the place and the
way out. Client exceptions are mapped in the adapter and chained with ``from``.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file: where it stands, what it is, and what would mend it."""

    file: str
    line: int
    message: str
    way_out: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}" + (f" ({self.way_out})" if self.way_out else "")


class SaqshyError(Exception):
    """The root of all that Saqshy raises on purpose."""


class ConfigurationError(SaqshyError):
    """Configuration or content that cannot be used; carries every problem found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class StoreError(SaqshyError):
    """A store could not be read or written."""


class StoreFull(StoreError):
    """No space is left; what was not committed is not acknowledged."""


class StoreCorrupt(StoreError):
    """What is stored does not open or does not verify."""


class SourceError(SaqshyError):
    """A source could not be opened or read."""


class DeliveryError(SaqshyError):
    """A sink could not deliver a notice.

    ``code`` is one of ``pipeline.model.HINDRANCES``: what hindered it, without names or addresses.
    """

    usual = "other"

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code or self.usual


class DeliveryDelayed(DeliveryError):
    """The recipient could not take the notice now; it is tried again."""

    usual = "unreachable"


class DeliveryRefused(DeliveryError):
    """The recipient refused the notice or answered nonsense; a person must look."""

    usual = "answer"


class DeliveryRejected(DeliveryRefused):
    """The recipient rejected this very notice: its address or its content; the line is well."""

    usual = "rejected"


class LoginRefused(SaqshyError):
    """An identity was not proved: what is told to the caller names no reason."""


class IntegrityError(SaqshyError):
    """Two contents claim the same identity and revision, or a chain is broken."""


__all__ = [
    "ConfigurationError",
    "DeliveryDelayed",
    "DeliveryError",
    "DeliveryRefused",
    "DeliveryRejected",
    "IntegrityError",
    "Problem",
    "SaqshyError",
    "SourceError",
    "StoreCorrupt",
    "StoreError",
    "StoreFull",
]
