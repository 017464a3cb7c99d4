"""The command `saqshy`: every command in one list."""

import gc
import zoneinfo

import typer

from pipeline.runtime.cli.audit import audit
from pipeline.runtime.cli.auditor import auditor
from pipeline.runtime.cli.bench import bench
from pipeline.runtime.cli.check import check
from pipeline.runtime.cli.dead_letters import dead_letters
from pipeline.runtime.cli.demo import demo
from pipeline.runtime.cli.duty import duty
from pipeline.runtime.cli.incidents import incidents
from pipeline.runtime.cli.init import init
from pipeline.runtime.cli.law import law
from pipeline.runtime.cli.match import match
from pipeline.runtime.cli.ncc import ncc
from pipeline.runtime.cli.normalize import normalize
from pipeline.runtime.cli.notices import notices
from pipeline.runtime.cli.objects import objects
from pipeline.runtime.cli.reload import reload
from pipeline.runtime.cli.replay import replay
from pipeline.runtime.cli.report import report
from pipeline.runtime.cli.review import review
from pipeline.runtime.cli.rules import rules
from pipeline.runtime.cli.run import run
from pipeline.runtime.cli.silences import silences
from pipeline.runtime.cli.spill import spill
from pipeline.runtime.cli.statistics import statistics
from pipeline.runtime.cli.terms import terms

app = typer.Typer(
    name="saqshy",
    help="Security events of critical objects become incidents under the law, and notices.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (run, reload, demo, replay, normalize, match, check, init, report, auditor):
    app.command()(command)
app.add_typer(incidents, name="incidents")
app.add_typer(notices, name="notices")
app.add_typer(terms, name="terms")
app.add_typer(duty, name="duty")
app.add_typer(silences, name="silences")
app.add_typer(objects, name="objects")
app.add_typer(spill, name="spill")
app.add_typer(review, name="review")
app.add_typer(statistics, name="statistics")
app.add_typer(law, name="law")
app.add_typer(audit, name="audit")
app.add_typer(dead_letters, name="dead-letters")
app.add_typer(ncc, name="ncc")
app.add_typer(rules, name="rules")
app.add_typer(bench, name="bench")


def main() -> None:
    """Run the command line."""
    # Events and findings hold no cycles: looking for these after each 700 objects, as is usual,
    # costs a tenth of the pipeline's time.
    gc.set_threshold(20_000, 20, 50)
    # Zones are those of the pinned package on every machine: an older system does not know that
    # Kazakhstan has one zone since March 2024, and would read the same bytes as another time.
    zoneinfo.reset_tzpath(())
    app()
