"""`saqshy law show|check|apply`: the law in force, and what it says of a case."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.assess import Pack
from pipeline.assess.applied import Applied, apply_case
from pipeline.assess.case_file import read_cases
from pipeline.assess.explain import Explainer
from pipeline.assess.reason_texts import reason_texts
from pipeline.documents import read_yaml
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import rfc3339
from pipeline.registry import Registry, load_registry
from pipeline.runtime.cli.incidents_why import cells, texts_folder
from pipeline.runtime.cli.law_coverage import coverage
from pipeline.runtime.cli.law_pack import (
    Language,
    OverlayFolder,
    PackFolder,
    RegistryPath,
    pack_path,
    read_pack,
    registry_paths,
    spoken,
)
from pipeline.runtime.cli.law_show import check, show
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import emit, show_table, told_errors

law = typer.Typer(help="The law in force, and what it says of a case.", no_args_is_help=True)
law.command("show")(show)
law.command("check")(check)
law.command("coverage")(coverage)


@law.command()
def apply(
    cases: Annotated[list[Path], typer.Argument(help="Case files, YAML or JSON.", metavar="CASE…")],
    pack: PackFolder = None,
    overlay: OverlayFolder = None,
    registry: RegistryPath = None,
    language: Language = "en",
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Assess case files; print each assessment and the notices that are due.

    Example: saqshy law apply rules/law/examples/critical-intrusion.yml
    """
    with told_errors():
        held = read_pack(pack, overlay, config)
        known = load_registry(registry_paths(registry, config))
        texts = reason_texts(texts_folder(pack_path(pack, config)))
        language = spoken(language)
        for applied in _applied(cases, held, known):
            explainer = Explainer(held.at(applied.at), language, texts)
            if json:
                emit({**applied.document(), **explainer.document(applied.assessment)})
            else:
                _print(applied, explainer)


def _applied(files: list[Path], pack: Pack, known: Registry | None) -> list[Applied]:
    """Judge every case of the files; ConfigurationError with the problems of all of them."""
    problems: list[Problem] = []
    judged: list[Applied] = []
    for file in files:
        try:
            judged += [apply_case(case) for case in read_cases(read_yaml(file), pack, known)]
        except ConfigurationError as error:
            problems += error.problems
    if problems:
        raise ConfigurationError(problems)
    return judged


def _print(applied: Applied, explainer: Explainer) -> None:
    """Print an assessment and what is due, for people."""
    word = explainer.word
    columns = (word("element"), word("is"), word("because"), word("ground"))
    show_table(
        f"{applied.object_id}: {rfc3339(applied.at)}",
        columns,
        [cells(one, word) for one in explainer(applied.assessment)],
    )
    show_table(word("term"), columns, [cells(one, word) for one in explainer.due(applied.due)])
