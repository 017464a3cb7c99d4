"""What names the normaliser on the events that it made."""

from functools import cache
from hashlib import sha256

from pipeline import __version__
from pipeline.normalize.taxonomy import taxonomy_path


@cache
def normalizer_version() -> str:
    """Give the program's version and a hash of the tables by which it reads."""
    folder = taxonomy_path("fields.txt").parent
    digest = sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".yml", ".txt"):
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(path.read_bytes() + b"\0")
    return f"{__version__}+{digest.hexdigest()[:12]}"
