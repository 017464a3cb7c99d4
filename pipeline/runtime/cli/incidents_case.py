"""`saqshy incidents case`: a closed incident's events as tests of its rules."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.content import load_content
from pipeline.registry import load_registry
from pipeline.runtime.cli.incidents_found import history_of
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import emit, say, told_errors
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.reading import reading
from pipeline.runtime.replayable import replay_case
from pipeline.runtime.written import WrittenGuard


def write_case(
    incident: Annotated[str, typer.Argument(help="The incident's id, or its beginning.")],
    out: Annotated[Path, typer.Option("--out", help="The folder to write, made where it is not.")],
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Write what a closed incident teaches its rules: files that `saqshy rules test` runs.

    Closed as true or benign a rule must fire on these records; closed as false it must not, and
    its test fails until the rule is mended. Guarded content is left out.
    Example: saqshy incidents case 3f0a --out cases/3f0a && saqshy rules test cases/3f0a
    """
    with told_errors():
        settings = read_settings(config)
        guard = WrittenGuard(load_registry(settings.registry).marks)
        content = load_content(settings.content.paths, settings.content.cache)
        with reading(config, store) as stores:
            history = history_of(stores, incident)
            case = replay_case(stores, history, content, guard)
        out.mkdir(parents=True, exist_ok=True)
        for name, data in sorted(case.files.items()):
            (out / name).write_bytes(data)
        if json:
            emit(case.document(history[-1]))
            return
        for rule in case.rules:
            say(f"{rule['rule']}: {rule['expected']} on {rule['records']} record(s)")
        for left in case.left_out:
            say(f"left out: {left.get('event') or left.get('rule')}: {left['why']}")
        say(f"run: saqshy rules test {out}")
