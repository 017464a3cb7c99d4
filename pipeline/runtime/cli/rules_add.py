"""`saqshy rules add`: rules of others into a folder of ours."""

import time
from pathlib import Path
from typing import Annotated

import typer

from pipeline.content import Content, content_from_bundle
from pipeline.content.archives import Bundle, read_bundle
from pipeline.content.importing import (
    MANIFEST,
    Plan,
    carry_out,
    digest,
    plan_import,
    read_manifest,
    rules_among,
)
from pipeline.content.rule_tests import SUFFIX
from pipeline.content.sources import RuleFile, pack_files
from pipeline.model import Json, instant, rfc3339
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import FOUND, USAGE, emit, say, show_table, stop, told_errors
from pipeline.runtime.configuration import read_settings
from pipeline.settings import Settings

SHOWN = 20
_WORDS = {
    "new": "new",
    "changed": "changed by the source",
    "edited": "changed here",
    "same": "same",
    "removed": "no longer in the source",
}


def add_rules(
    source: Annotated[Path, typer.Argument(help="Folder, .zip, .tar (.gz .bz2 .xz .zst), file.")],
    to: Annotated[Path, typer.Option("--to", help="Folder that takes the rules.")] = Path(
        "rules/imported"
    ),
    origin: Annotated[
        str, typer.Option("--origin", help="Where the source is from, for the manifest.")
    ] = "",
    at: Annotated[
        str | None, typer.Option("--at", help="Time for the manifest, RFC 3339; default: now.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite what was changed here.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")] = False,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Import rules: all are parsed first; what was changed here is kept.

    The folder gets a manifest: source, time, hash, licence, and the hash of every file.

    Example: saqshy rules add sigma_all_rules.zip --to rules/sigma --dry-run
    """
    with told_errors():
        settings = read_settings(config)
        moment = _moment(at)
        bundle = read_bundle(source)
        files = rules_among(bundle.files)
        if not files:
            stop(USAGE, f"{source}: holds no rules")
        if not json:
            say(f"{source}: {len(files)} files of rules and tests; parsing them")
        content = _parsed(files, settings)
        manifest = read_manifest(to)
        plan = plan_import(to, files | bundle.licences, manifest)
        if not dry_run:
            fresh = _manifest(source, origin, moment, bundle, files)
            kept = {name: manifest["files"][name] for name in plan.removed}
            fresh["files"] = dict(sorted((fresh["files"] | kept).items()))
            carry_out(to, files | bundle.licences, plan.written(force=force), fresh)
        _tell(
            content, bundle, plan, _document(source, to, plan, content, bundle, dry_run), json=json
        )
        if not dry_run:
            _say_loaded(to, settings)
        if content.quarantined or (plan.edited and not force) or bundle.left_out:
            stop(FOUND)


def _moment(at: str | None) -> int:
    if at is None:
        return time.time_ns()
    try:
        return instant(at)
    except ValueError as error:
        stop(USAGE, f"--at: {error}")


def _parsed(files: dict[str, bytes], settings: Settings) -> Content:
    rules = [RuleFile(name, data) for name, data in files.items() if not name.endswith(SUFFIX)]
    return content_from_bundle(pack_files(rules), settings.content.cache)


def _manifest(
    source: Path, origin: str, moment: int, bundle: Bundle, files: dict[str, bytes]
) -> Json:
    return {
        "source": source.name or str(source),
        "origin": origin,
        "imported_at": rfc3339(moment),
        "sha256": bundle.sha256,
        "licences": sorted(bundle.licences),
        "files": {name: digest(data) for name, data in (files | bundle.licences).items()},
    }


def _document(
    source: Path, to: Path, plan: Plan, content: Content, bundle: Bundle, dry_run: bool
) -> Json:
    return {
        "source": str(source),
        "sha256": bundle.sha256,
        "to": str(to),
        "written": not dry_run,
        "counts": {name: len(getattr(plan, name)) for name in _WORDS},
        "edited": list(plan.edited),
        "removed": list(plan.removed),
        "rules": len(content.rules),
        "correlations": len(content.correlations),
        "quarantined": [str(problem) for problem in content.quarantined],
        "licences": sorted(bundle.licences),
        "left_out": bundle.left_out,
    }


def _tell(content: Content, bundle: Bundle, plan: Plan, document: Json, *, json: bool) -> None:
    if json:
        emit(document)
        return
    for what, lines in (
        ("would not be used", [str(problem) for problem in content.quarantined]),
        ("left out", bundle.left_out),
        ("changed here, kept unless --force", plan.edited),
        ("no longer in the source, stays", plan.removed),
    ):
        for line in lines[:SHOWN]:
            say(f"{what}: {line}")
        if len(lines) > SHOWN:
            say(f"{what}: and {len(lines) - SHOWN} more")
    rows = [(_WORDS[name], str(count)) for name, count in document["counts"].items()]
    rows += [
        ("rules that can be used", str(document["rules"])),
        ("correlations that can be used", str(document["correlations"])),
        ("in quarantine", str(len(document["quarantined"]))),
        ("licence", ", ".join(document["licences"]) or "none found: ask the source"),
    ]
    done = "written to" if document["written"] else "would go to"
    show_table(f"{done} {document['to']}", ("files", "count"), rows)


def _say_loaded(to: Path, settings: Settings) -> None:
    """Say what is left to do where the settings do not load the folder."""
    inside = (to.resolve().is_relative_to(path.resolve()) for path in settings.content.paths)
    if not any(inside):
        say(f"{to} (with {MANIFEST}) is not loaded yet: add it to content.paths of the settings")
