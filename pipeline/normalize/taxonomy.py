"""Where the normaliser's own data stand: ``rules/taxonomies/ecs``, bundled in a wheel."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from pipeline.documents import Document, read_yaml, validated

_PACKAGE = Path(__file__).parents[1]
_Model = TypeVar("_Model", bound=BaseModel)


def taxonomy_path(name: str) -> Path:
    """Give the path of a file of the taxonomy: beside the package, or inside it when installed."""
    bundled = _PACKAGE / "bundled" / "taxonomies" / "ecs" / name
    return bundled if bundled.exists() else _PACKAGE.parent / "rules" / "taxonomies" / "ecs" / name


def read_taxonomy(name: str) -> Document:
    """Read a YAML file of the taxonomy; ConfigurationError with file and line where broken."""
    return read_yaml(taxonomy_path(name), name=f"rules/taxonomies/ecs/{name}")


def validated_taxonomy(name: str, model: type[_Model]) -> tuple[_Model, Document]:
    """Read and validate a YAML file of the taxonomy; ConfigurationError with every problem."""
    document = read_taxonomy(name)
    return validated(model, document), document
