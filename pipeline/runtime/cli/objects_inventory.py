"""`saqshy objects inventory import|show|who-has`: what software runs at which object."""

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import ConfigurationError, Problem
from pipeline.model import as_document
from pipeline.registry import load_registry
from pipeline.registry.cyclonedx import components_of
from pipeline.registry.inventory import (
    Held,
    Inventory,
    read_inventories,
    write_inventory,
)
from pipeline.registry.placed import nearest
from pipeline.registry.reading import bytes_of
from pipeline.runtime.cli.objects_options import (
    RegistryPath,
    Whom,
    Why,
    registry_paths,
    word,
    writable,
)
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import FOUND, emit, say, show_table, stop, told_errors

inventory = typer.Typer(help="What software runs at which object.", no_args_is_help=True)
_COLUMNS = ("object", "name", "version", "purl", "cpe", "certain")


@inventory.command("import")
def import_inventory(
    object_id: Annotated[str, typer.Argument(metavar="OBJECT", help="The object's id.")],
    file: Annotated[Path, typer.Argument(help="CycloneDX, JSON or XML.")],
    whom: Whom,
    reason: Why,
    registry: RegistryPath = None,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Take an object's software from a CycloneDX document; it takes the place of the former.

    Example: saqshy objects inventory import kz-bank bom.json --as administrator/a.serik
    --reason "scan of March"
    """
    with told_errors():
        said = word(whom, reason)
        paths = registry_paths(registry, config)
        held = load_registry(paths)
        if object_id not in held.histories:
            way_out = nearest(object_id, held.histories)
            problem = Problem("OBJECT", 0, f"no object is named {object_id!r}", way_out)
            raise ConfigurationError([problem])
        data = bytes_of(file)
        found = components_of(str(file), data)
        source = f"{file.name} sha256:{hashlib.sha256(data).hexdigest()}"
        made = Inventory(object_id, found, said.recorded_at, said.author, said.reason, source)
        path = write_inventory(writable(paths), made)
        if json:
            emit({"object": object_id, "components": len(found), "file": str(path)})
        else:
            say(f"{len(found)} components of {object_id} in {path}")


@inventory.command("show")
def show_inventory(
    object_id: Annotated[str, typer.Argument(metavar="OBJECT", help="The object's id.")],
    registry: RegistryPath = None,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """List the software of an object; exit code 1 where none is known.

    Example: saqshy objects inventory show kz-bank
    """
    with told_errors():
        known = read_inventories(registry_paths(registry, config)).by_object.get(object_id)
        if known is None:
            stop(FOUND, f"no inventory of {object_id} is known")
        _tell([Held(object_id, one, certain=True) for one in known.components], json=json)


@inventory.command("who-has")
def who_has(
    what: Annotated[str, typer.Argument(help="A name, group/name or package URL.")],
    versions: Annotated[
        str, typer.Option("--versions", help="Range: '>=2.4.0,<2.4.58' or vers:…")
    ] = "",
    registry: RegistryPath = None,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Tell at which objects a piece of software runs; exit code 1 where at none.

    Example: saqshy objects inventory who-has pkg:pypi/requests --versions '<2.32'
    """
    with told_errors():
        try:
            found = read_inventories(registry_paths(registry, config)).who_has(what, versions)
        except ValueError as error:
            raise ConfigurationError([Problem("--versions", 0, str(error))]) from error
        _tell(found, json=json)
        if not found:
            stop(FOUND)


def _tell(found: list[Held], *, json: bool) -> None:
    if json:
        for one in found:
            emit(as_document(one))
        return
    rows = [
        (
            one.object_id,
            one.component.name,
            one.component.version,
            one.component.purl,
            one.component.cpe,
            "yes" if one.certain else "version unknown",
        )
        for one in found
    ]
    show_table(f"{len(rows)} component(s)", _COLUMNS, rows)
