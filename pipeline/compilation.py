"""Compiled forms of a room's modules, taken where they were made from the very same sources.

``deploy/dev/compile.sh`` compiles the modules that every event passes with mypyc, which changes
their speed and nothing else. A source that was edited since makes the whole form of its room stale,
and plain Python runs; ``SAQSHY_PURE=1`` in the environment asks for that.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.abc import MetaPathFinder
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

FOLDER = "compiled"
MANIFEST = "manifest.json"


class CompiledModules(MetaPathFinder):
    """Finds modules in their compiled form; ``places`` are the files by the modules' names."""

    def __init__(self, places: Mapping[str, Path]) -> None:
        self.places = places

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 (the import system calls with all three)
        target: ModuleType | None = None,  # noqa: ARG002 (see above)
    ) -> ModuleSpec | None:
        """Give where a module's compiled form is; None where it has none."""
        place = self.places.get(fullname)
        return None if place is None else spec_from_file_location(fullname, place)


def prefer_compiled(package: str, beside: str) -> bool:
    """Let a package's modules be imported in their compiled form; False where none serves.

    ``beside`` is a file in the package's own folder, which calls before any of them is imported.
    """
    folder = Path(beside).with_name(FOLDER)
    modules = None if os.environ.get("SAQSHY_PURE") else fitting_modules(folder)
    if modules is None:
        return False
    group, names = modules
    spec = spec_from_file_location(group.name.partition(".")[0], group)
    if spec is None or spec.loader is None:
        return False
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    places = {f"{package}.{name.replace('/', '.')}": place for name, place in names.items()}
    sys.meta_path.insert(0, CompiledModules(places))
    return True


def fitting_modules(folder: Path) -> tuple[Path, dict[str, Path]] | None:
    """Give the library that holds the modules, and each module's own file.

    None where they do not fit this interpreter or the sources.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        suffix = manifest["suffix"]
        if suffix != EXTENSION_SUFFIXES[0]:
            return None
        for name, digest in manifest["modules"].items():
            if sha256((folder.parent / f"{name}.py").read_bytes()).hexdigest() != digest:
                return None
        places = {name: folder / f"{name}{suffix}" for name in manifest["modules"]}
        return folder / str(manifest["group"]), places
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
