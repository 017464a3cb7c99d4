"""Commands that are imported when they are used: a list of all of them costs no import.

What a command stands on (rules, TLS, the whole wiring) takes seconds to import, and most commands
need little of it. So a group holds names, places, and the sentence that its help shows of each; a
test holds the sentences equal to what the commands say of themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

PACKAGE = "pipeline.runtime.cli"


@dataclass(frozen=True, slots=True)
class Later:
    """Where a command stands: ``module:attribute`` of this package, and its help's first sentence.

    The attribute is a function, a mapping with functions by the commands' names, or a
    ``typer.Typer`` where the command has commands of its own. Without a sentence, help imports it.
    """

    place: str
    sentence: str = ""


class LaterCommand(TyperCommand):
    """Stands for a command in its group, and becomes it when it is used."""

    def __init__(self, name: str, later: Later) -> None:
        super().__init__(name=name, callback=None, help=later.sentence, rich_markup_mode=None)
        self._name = name
        self._place = later.place

    @cached_property
    def command(self) -> TyperCommand | TyperGroup:
        """Import the command itself."""
        module, _, attribute = self._place.partition(":")
        found = getattr(import_module(f"{PACKAGE}.{module}"), attribute)
        alone = typer.Typer(
            add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
        )
        alone.callback()(_nothing)
        if isinstance(found, typer.Typer):
            alone.add_typer(found, name=self._name)
        else:
            alone.command(self._name)(found[self._name] if isinstance(found, dict) else found)
        return cast("TyperCommand | TyperGroup", get_group(alone).commands[self._name])

    def make_context(self, *args: Any, **more: Any) -> Any:
        """Read arguments as the command itself reads them; its context names it."""
        return self.command.make_context(*args, **more)

    def get_short_help_str(self, limit: int = 45) -> str:
        """Give the sentence at hand, else the command's own."""
        known = super().get_short_help_str(limit)
        return known or self.command.get_short_help_str(limit)


def lazily(commands: Mapping[str, Later]) -> type[TyperGroup]:
    """Make the class of a group with these commands, by name, behind those it has anyway."""

    class LazyGroup(TyperGroup):
        """A group whose commands are imported when they are used."""

        def __init__(self, **more: Any) -> None:
            super().__init__(**more)
            for name, later in commands.items():
                self.add_command(LaterCommand(name, later))

    return LazyGroup


def _nothing() -> None:
    """Have a single command, too, in a group."""
