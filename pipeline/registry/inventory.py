"""The software inventory: what runs at which object, so that an advisory finds whom it concerns.

Kept beside the registry's files, a file an object (``inventory/OBJECT.ndjson``: a line about the
import, then a line a component), and read only when asked: no event waits for it (7-2(1)(6)).
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import unquote

import orjson

from pipeline.errors import ConfigurationError, Problem
from pipeline.model import Json, rfc3339
from pipeline.registry.cyclonedx import Component
from pipeline.registry.versions import VersionRange, version_range

FOLDER = "inventory"
_PURL = re.compile(r"pkg:/{0,2}([^/?#]+)/([^?#]+)")
_FOLDED_TYPES = frozenset({"bitbucket", "composer", "deb", "github", "hex", "pypi", "rpm"})


@dataclass(frozen=True, slots=True)
class Inventory:
    """The components of one object, and where they come from."""

    object_id: str
    components: tuple[Component, ...]
    imported_at: int = 0
    author: str = ""
    reason: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A component at an object; not ``certain`` where its version is not known."""

    object_id: str
    component: Component
    certain: bool


def purl_key(purl: str) -> tuple[str, str, str] | None:
    """Give (type, path, version) of a package URL, folded as its type asks; None where none."""
    match = _PURL.match(purl.strip())
    if match is None:
        return None
    kind = match[1].casefold()
    path, _, version = match[2].partition("@")
    name = unquote(path).strip("/")
    if kind in _FOLDED_TYPES:
        name = name.casefold()
    return kind, name.replace("_", "-") if kind == "pypi" else name, unquote(version)


@dataclass(frozen=True)
class Inventories:
    """Every inventory of a registry, found by name or package URL in O(1)."""

    by_object: Mapping[str, Inventory]
    _by_key: dict[str, list[tuple[str, Component]]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for object_id in sorted(self.by_object):
            for component in self.by_object[object_id].components:
                for key in set(_keys(component)):
                    self._by_key.setdefault(key, []).append((object_id, component))

    def who_has(self, what: str, versions: str = "") -> list[Held]:
        """Give where software runs, by object: a name, ``group/name`` or package URL.

        ``versions`` is a range (``>=2.4.0,<2.4.58`` or VERS); a package URL's own version counts
        where there is no range. A component without a version may be in it, and is told as not
        certain. ValueError where the range is none.
        """
        purl = purl_key(what)
        key = f"{purl[0]}:{purl[1]}" if purl is not None else what.strip().casefold()
        asked = versions or (f"={purl[2]}" if purl is not None and purl[2] else "")
        wanted: VersionRange = version_range(asked)
        found = []
        for object_id, component in self._by_key.get(key, ()):
            version = component.version or (purl_key(component.purl) or ("", "", ""))[2]
            if not wanted.constraints or (version and wanted.holds(version)):
                found.append(Held(object_id, component, certain=True))
            elif not version:
                found.append(Held(object_id, component, certain=False))
        return found


def _keys(component: Component) -> Iterator[str]:
    yield component.name.casefold()
    if component.group:
        yield f"{component.group}/{component.name}".casefold()
    purl = purl_key(component.purl)
    if purl is not None:
        yield f"{purl[0]}:{purl[1]}"


def write_inventory(folder: Path, inventory: Inventory) -> Path:
    """Keep an object's inventory in a registry's folder, whole or not at all; give its file."""
    home = folder / FOLDER
    home.mkdir(exist_ok=True)
    head: Json = {
        "object": inventory.object_id,
        "imported_at": rfc3339(inventory.imported_at),
        "author": inventory.author,
        "reason": inventory.reason,
        "source": inventory.source,
    }
    rows: Iterable[Json] = (_said(component) for component in inventory.components)
    path = home / f"{inventory.object_id}.ndjson"
    part = home / f".{inventory.object_id}.part"
    with part.open("wb") as file:
        for line in (head, *rows):
            file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return path


def _said(component: Component) -> Json:
    return {key: value for key, value in asdict(component).items() if value}


def read_inventories(paths: Iterable[Path]) -> Inventories:
    """Read the inventories of a registry's folders; ConfigurationError with every broken line."""
    problems: list[Problem] = []
    found: dict[str, Inventory] = {}
    for path in paths:
        for file in sorted((path / FOLDER).glob("*.ndjson")):
            inventory = _read(file, problems)
            if inventory is not None:
                found[inventory.object_id] = inventory
    if problems:
        raise ConfigurationError(problems)
    return Inventories(found)


def _read(file: Path, problems: list[Problem]) -> Inventory | None:
    try:
        head, *rows = [orjson.loads(line) for line in file.read_bytes().splitlines()]
        components = tuple(Component(**row) for row in rows)
        return Inventory(
            head["object"],
            components,
            author=head["author"],
            reason=head["reason"],
            source=head["source"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"is no inventory: {type(error).__name__}"
        problems.append(Problem(str(file), 0, message, "import it again"))
        return None
