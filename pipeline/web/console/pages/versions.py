"""What is in force: the law pack, rules, registry, program; and what was before."""

from collections.abc import Iterator

from pipeline.model import Json
from pipeline.web.console.documents import flat, moment, text
from pipeline.web.console.parts import Cell, Facts, Page, Part, Row, Table, code
from pipeline.web.console.scene import Absent, Scene

_MOST = 200  # rows of one list


def versions(scene: Scene) -> Page:
    """Show versions in force."""
    found = scene.desk.versions(scene.viewer)
    if found is None:
        raise Absent
    say = scene.words
    single = {name: held for name, held in found.items() if not isinstance(held, dict | list)}
    parts = [_facts(scene, "in_force", single)] if single else []
    for name, held in found.items():
        parts += _parts(scene, name, held)
    return Page(say("versions.title"), say("versions.lead"), main=parts)


def _parts(scene: Scene, name: str, held: object) -> Iterator[Part]:
    say = scene.words
    title = say.word("version_part", name)
    if isinstance(held, dict) and held:
        yield _facts(scene, name, held)
    elif isinstance(held, list) and held:
        documents = [one if isinstance(one, dict) else {"value": one} for one in held[:_MOST]]
        columns = list(dict.fromkeys(key for one in documents for key in one))
        rows = [Row([_cell(scene, one, column) for column in columns]) for one in documents]
        heads = [say.word("version_field", column) for column in columns]
        yield Part(title, [Table(title, heads, rows, "")])


def _cell(scene: Scene, one: Json, column: str) -> Cell:
    said = text(one, column)
    if column == "at":
        return scene.at(moment(one, column))
    if column == "kind":
        return scene.words.word("entry", said)
    return code(said)


def _facts(scene: Scene, name: str, held: Json) -> Part:
    say = scene.words
    pairs = [(say.word("version_field", path), code(said)) for path, said in flat(held)]
    return Part(say.word("version_part", name), [Facts(pairs)])
