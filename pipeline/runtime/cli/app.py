"""The command `saqshy`: every command in one list."""

import typer

from pipeline.runtime.cli.lazy import Later, lazily
from pipeline.runtime.interpreter import set_up_interpreter

COMMANDS = {  # each in the module of its name, with the first sentence of its help
    "run": (
        "Run everything on one SQLite file, until Ctrl-C;"
        " `--workers` use the machine's other cores."
    ),
    "reload": (
        "Have the running system read its rules, registry and pack again, and tell what came of it."
    ),
    "demo": "Start the standalone system with the example objects and play the bundled story.",
    "replay": "Replay files through the whole pipeline; nothing is sent.",
    "normalize": (
        'Print one JSON line for each record: an Event, or {"failure": ...};'
        " exit 1 for any failure."
    ),
    "match": "Match Sigma rules on records; one NDJSON line a finding, correlations at the end.",
    "check": "Read everything that `saqshy run` would read, print every problem, touch nothing.",
    "init": "Write a commented configuration and an example registry, and say what to edit first.",
    "report": (
        "Enter a report; it becomes an event of the object and opens a candidate for a person."
    ),
    "auditor": "Watch a running system's history: which notices were due, and what became of them.",
    "cluster": "The cluster's topics and how it stands.",
    "collect": (
        "Take records in and hand them to the brokers, or spool them while no broker answers."
    ),
    "worker": "Match and fold what collectors bring, beside as many other workers as you like.",
    "notifier": "Deliver what workers decided, keep its terms, and chain the audit trail.",
    "indexer": (
        "Write events, incidents, notices and the audit trail from Kafka into Elasticsearch."
    ),
    "accounts": "Who may log in to the console and the API.",
    "web": "Serve the console and the API over a running system's store.",
    "incidents": "List, show, work on and export incidents.",
    "notices": "List and show notices; replay dead ones, free held ones.",
    "peers": "Exchange with other operations centres.",
    "events": "Kept events, under a role; every read is recorded.",
    "terms": "Terms: whose duty is due when, to whom.",
    "duty": "The duty roster, and what pages it.",
    "silences": "Silences of findings, with reason and expiry.",
    "objects": "The registry of objects and parties.",
    "metrics": "List every time series that the processes show, with its labels and what it says.",
    "spill": "Records that bear a secrecy mark: decide, remove, prove.",
    "review": "What waits for a person to look at it.",
    "statistics": "Statistics, open data, compliance.",
    "law": "The law in force, and what it says of a case.",
    "audit": "Check and export the audit trail.",
    "dead-letters": "What could not be processed.",
    "ncc": "The reference receiver of the coordination centre.",
    "retention": "Delete events and dead letters that are older than the settings keep them.",
    "backup": "Back the store up, with evidence and waiting commands, while the system runs.",
    "restore": (
        "Bring a backup back: all of it is verified first, and never over a running system's store."
    ),
    "rules": "Detection rules: check, test, add, list, explain, try.",
    "bench": "Benchmarks.",
}


def _place(name: str) -> str:
    attribute = name.replace("-", "_")
    return f"{attribute}:{attribute}"


app = typer.Typer(
    name="saqshy",
    cls=lazily({name: Later(_place(name), sentence) for name, sentence in COMMANDS.items()}),
    help="Security events of critical objects become incidents under the law, and notices.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _group() -> None:
    """Have commands, though none is imported yet."""


def main() -> None:
    """Run the command line."""
    set_up_interpreter()
    app()
