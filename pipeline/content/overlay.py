"""Content laid over other content: what is looked at beside what is in force."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.content.content import Content
from pipeline.content.loading import content_from_bundle
from pipeline.content.sources import RuleFile, pack_files, read_files


@dataclass(frozen=True, slots=True)
class Overlay:
    """``whole`` is both together; ``files`` are the names of the files laid over."""

    whole: Content
    files: frozenset[str]

    @property
    def ids(self) -> frozenset[str]:
        """Give the ids of the rules and correlations laid over."""
        return frozenset(
            name
            for items in (self.whole.rules, self.whole.correlations)
            for name, item in items.items()
            if item.file in self.files
        )


def lay_over(paths: Iterable[Path], below: Iterable[Path], cache: Path | None) -> Overlay:
    """Load the files under ``paths`` over those under ``below``.

    Of the files below those give way that are the same file, or define an id that a file laid over
    defines. So a correlation may refer to a rule in force, and a rule may be a new version of one.
    ConfigurationError names every path that is absent or cannot be read.
    """
    over = read_files(paths)
    under = _without_same_files(read_files(below), over)
    taken = _ids(over, cache)
    if taken and under:
        beneath = content_from_bundle(pack_files(under), cache)
        hidden = {
            item.file
            for items in (beneath.rules, beneath.correlations)
            for name, item in items.items()
            if name in taken
        }
        under = [file for file in under if file.name not in hidden]
    whole = content_from_bundle(pack_files([*over, *under]), cache)
    return Overlay(whole, frozenset(file.name for file in over))


def _without_same_files(files: list[RuleFile], others: list[RuleFile]) -> list[RuleFile]:
    places = {Path(file.name).resolve() for file in others}
    return [file for file in files if Path(file.name).resolve() not in places]


def _ids(files: list[RuleFile], cache: Path | None) -> set[str]:
    content = content_from_bundle(pack_files(files), cache)
    return {*content.rules, *content.correlations}
