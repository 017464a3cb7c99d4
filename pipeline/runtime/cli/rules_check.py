"""`saqshy rules check`: what is broken and what is doubtful in rules."""

from collections import Counter
from collections.abc import Sequence

from pipeline.content.overlay import lay_over
from pipeline.match.lint import Doubt, Linter
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import FOUND, USAGE, emit, say, show_table, stop, told_errors
from pipeline.runtime.cli.rules_options import Paths, taxonomy_of
from pipeline.runtime.configuration import read_settings


def check_rules(paths: Paths = None, config: Config = None, json: AsJson = False) -> None:
    """Tell every broken and every doubtful rule with file, line, reason and way out.

    Correlations under PATH may refer to the settings' rules. What is quarantined is not used;
    whatever else is told here is used all the same.

    Example: saqshy rules check rules/detection
    """
    with told_errors():
        settings = read_settings(config)
        below = settings.content.paths
        overlay = lay_over(paths or below, below if paths else (), settings.content.cache)
        doubts = Linter(overlay.whole, taxonomy_of(settings))(overlay.files)
        known = len(overlay.ids)
        if json:
            for doubt in doubts:
                emit(_document(doubt))
        else:
            _show(doubts, known)
        if not known:
            stop(USAGE, "no rule can be used: name a file or folder that holds rules")
        if doubts:
            stop(FOUND)


def _document(doubt: Doubt) -> dict[str, object]:
    problem = doubt.problem
    return {
        "kind": doubt.kind,
        "rule": doubt.rule_id,
        "file": problem.file,
        "line": problem.line,
        "message": problem.message,
        "way_out": problem.way_out,
    }


def _show(doubts: Sequence[Doubt], known: int) -> None:
    rows = [
        (
            doubt.kind.replace("_", " "),
            f"{doubt.problem.file}:{doubt.problem.line}",
            doubt.problem.message,
            doubt.problem.way_out,
        )
        for doubt in doubts
    ]
    if rows:
        show_table(f"{len(rows)} to look at", ("what", "where", "why", "way out"), rows)
    counts = Counter(doubt.kind for doubt in doubts)
    told = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(counts.items()))
    say(f"{known} rules and correlations can be used; {told or 'nothing to look at'}")
