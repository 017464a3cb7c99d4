"""What the commands about rules share: which rules are meant, and one rule by what people say."""

import difflib
from pathlib import Path
from typing import Annotated

import typer

from pipeline.content import Content, Correlation, Rule, load_content
from pipeline.content.sources import unpack_files
from pipeline.errors import ConfigurationError, Problem
from pipeline.match import Taxonomy, load_taxonomy
from pipeline.runtime.cli.output import USAGE, say, stop
from pipeline.runtime.knowledge import taxonomy_folder
from pipeline.settings import Settings

SHORTEST_ID = 8  # characters of an id that is sought in files that could not be used

Paths = Annotated[
    list[Path] | None,
    typer.Argument(help="Rule files or folders; default: the settings' rules.", metavar="[PATH]…"),
]
RulePaths = Annotated[
    list[Path] | None,
    typer.Option("--rules", help="Rule file or folder instead of the settings'; repeatable."),
]


def content_of(paths: list[Path] | None, settings: Settings) -> Content:
    """Load the rules at the paths, or the settings' own."""
    return load_content(paths or settings.content.paths, settings.content.cache)


def taxonomy_of(settings: Settings) -> Taxonomy:
    """Load the vocabularies that the settings name, or those that ship with Saqshy."""
    return load_taxonomy(taxonomy_folder(settings))


def _quarantined(content: Content, wanted: str) -> list[Problem]:
    """Give the problems of a rule in quarantine: of its file, or of one that holds its id."""
    files = {file.name for file in unpack_files(content.bundle()) if wanted.encode() in file.data}
    here = Path(wanted).resolve()
    return [
        problem
        for problem in content.quarantined
        if Path(problem.file).resolve() == here
        or (problem.file in files and len(wanted) >= SHORTEST_ID)
    ]


def one_rule(content: Content, wanted: str) -> Rule | Correlation:
    """Find a rule or correlation by id or its beginning, name, title or file.

    Ends the command where it is in quarantine, not there, or not the only one.
    """
    items: list[Rule | Correlation] = [*content.rules.values(), *content.correlations.values()]
    exact = [item for item in items if wanted in (item.id, item.name, item.title)]
    beginning = [item for item in items if item.id.startswith(wanted)]
    here = [item for item in items if Path(item.file).resolve() == Path(wanted).resolve()]
    found = exact or beginning or here
    if len(found) == 1:
        return found[0]
    if found:
        for item in found[:5]:
            say(f"{item.id}  {item.title}  {item.file}:{item.line}")
        stop(USAGE, f"{len(found)} rules fit {wanted!r}: name one by its id")
    if aside := _quarantined(content, wanted):
        raise ConfigurationError(aside)
    names = [name for item in items for name in (item.title, item.name, item.id) if name]
    close = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)
    way_out = f"did you mean {' or '.join(map(repr, close))}?" if close else "see saqshy rules list"
    raise ConfigurationError([Problem("RULE", 0, f"no rule {wanted!r} is in force", way_out)])
