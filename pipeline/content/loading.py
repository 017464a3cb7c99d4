"""Load rules from files and folders, or from a bundle that one revision left behind."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from pipeline.content.cache import Forms, read_cache, write_cache
from pipeline.content.content import Content
from pipeline.content.linking import link
from pipeline.content.parsing import parse_file
from pipeline.content.rule import Broken, Item, item_form, item_from
from pipeline.content.sources import RuleFile, pack_files, read_files, unpack_files
from pipeline.model import identity


def load_content(paths: Iterable[Path], cache: Path | None) -> Content:
    """Load every rule, correlation and filter under the paths; what is broken is quarantined.

    ``cache`` is a folder for what pySigma made of each file; where it cannot be written, a
    RuntimeWarning says so and nothing else changes. ConfigurationError where a path does not exist.
    """
    return _content(read_files(paths), cache)


def content_from_bundle(data: bytes, cache: Path | None) -> Content:
    """Load what ``Content.bundle`` gave: the same revision; ValueError where it is none."""
    return _content(unpack_files(data), cache)


def _content(files: list[RuleFile], cache: Path | None) -> Content:
    linked = link(_items(files, cache))
    hashes = {item.id: item.hash for item in linked.rules.values()}
    hashes |= {item.id: item.hash for item in linked.correlations.values()}
    parts = [part for pair in sorted(hashes.items()) for part in pair]
    return Content(
        revision=identity("content", *parts),
        rules=linked.rules,
        correlations=linked.correlations,
        quarantined=tuple(linked.problems),
        packed=pack_files(files),
    )


def _items(files: list[RuleFile], cache: Path | None) -> list[Item]:
    kept: Forms = read_cache(cache) if cache is not None else {}
    used: Forms = {}
    items: list[Item] = []
    for file in files:
        if file.fault:
            items.append(Broken(1, file.fault, "mend or remove it", file.name))
            continue
        digest = hashlib.sha256(file.data).hexdigest()
        forms = kept.get(digest)
        if forms is None:
            forms = [item_form(item) for item in parse_file(file.data)]
        used[digest] = forms
        items += [item_from(form, file.name) for form in forms]
    if cache is not None and not used.keys() <= kept.keys():
        write_cache(cache, used, kept)
    return items
