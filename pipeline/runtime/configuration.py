"""Read the settings: the YAML file, the environment over it, paths relative to the file."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.documents import Document, problems_of, read_yaml
from pipeline.errors import ConfigurationError, Problem
from pipeline.settings import Settings

NAME = "saqshy.yml"
_Piece = TypeVar("_Piece", bound=BaseModel)


def bundled(name: str) -> Path:
    """Give a folder of the content that ships with Saqshy: beside the packages, or in the wheel."""
    package = Path(__file__).resolve().parent.parent
    beside = package.parent / "rules"
    return (beside if beside.is_dir() else package / "bundled") / name


def default_settings() -> Settings:
    """Give the settings without a file: the bundled rules, law pack and example registry."""
    return Settings.model_validate(
        {
            "registry": [bundled("objects")],
            "content": {"paths": [bundled("detection"), bundled("correlation")]},
            "law": {"pack": bundled("law") / "kz"},
        }
    )


def read_settings(path: Path | None) -> Settings:
    """Read a settings file; ConfigurationError with every problem at its line.

    Without a path: ``saqshy.yml`` in this folder where there is one, else the bundled content.
    """
    if path is None:
        here = Path(NAME)
        if not here.exists():
            nothing = Document("the environment", {}, {})
            return _with_environment(default_settings().model_dump(), nothing)
        path = here
    document = read_yaml(path)
    if not isinstance(document.data, dict):
        problem = Problem(str(path), 1, "is no settings file", "make one with `saqshy init DIR`")
        raise ConfigurationError([problem])
    return anchored(_with_environment(document.data, document), path.resolve().parent)


def _with_environment(data: dict[str, Any], document: Document) -> Settings:
    try:
        return Settings(**data)
    except ValidationError as error:
        raise ConfigurationError(problems_of(error, document, Settings)) from error


def anchored(piece: _Piece, base: Path) -> _Piece:
    """Take every relative path of a settings tree as relative to a folder."""
    moved = {name: _anchor(getattr(piece, name), base) for name in type(piece).model_fields}
    return piece.model_copy(update=moved)


def _anchor(value: Any, base: Path) -> Any:
    if isinstance(value, Path):
        return base / value
    if isinstance(value, BaseModel):
        return anchored(value, base)
    if isinstance(value, tuple):
        return tuple(_anchor(item, base) for item in value)
    if isinstance(value, dict):
        return {name: _anchor(item, base) for name, item in value.items()}
    return value
