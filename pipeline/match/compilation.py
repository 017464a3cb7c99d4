"""The compiled form of this room's modules, taken where it was made from the very same sources.

``deploy/dev/compile.sh`` compiles the modules that every event passes with mypyc, which changes
their speed and nothing else. A source that was edited since makes the whole form stale, and plain
Python runs; ``SAQSHY_PURE=1`` in the environment asks for that.
"""

import json
import os
import sys
from hashlib import sha256
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

FOLDER = Path(__file__).with_name("compiled")
MANIFEST = "manifest.json"


def _prefer_compiled(path: list[str]) -> bool:
    """Put the compiled modules before the sources on a package's path; False where none serve."""
    group = None if os.environ.get("SAQSHY_PURE") else _group(FOLDER)
    if group is None:
        return False
    spec = spec_from_file_location(group.name.partition(".")[0], group)
    if spec is None or spec.loader is None:
        return False
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    path.insert(0, str(FOLDER))
    return True


def _group(folder: Path) -> Path | None:
    """Give the library that holds the modules, where it fits this interpreter and the sources."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["suffix"] != EXTENSION_SUFFIXES[0]:
            return None
        for name, digest in manifest["modules"].items():
            if sha256(folder.with_name(f"{name}.py").read_bytes()).hexdigest() != digest:
                return None
        return folder / str(manifest["group"])
    except (OSError, ValueError, KeyError):
        return None


# Before any other module of the package is imported: whether the compiled form serves.
COMPILED = _prefer_compiled(sys.modules[__package__].__path__)  # type: ignore[arg-type]  # a list
