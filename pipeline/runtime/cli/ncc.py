"""``saqshy ncc``: the reference receiver, what it sends, and what came of that with us."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.runtime.cli.ncc_messages import messages
from pipeline.runtime.cli.ncc_send import heartbeats, send, sent
from pipeline.runtime.cli.output import emit, say, told_errors
from pipeline.runtime.clocks import SystemClock, ToldClock
from pipeline.runtime.receiver import Manner, open_receiver
from pipeline.web.receiver_faults import Fault

ncc = typer.Typer(
    name="ncc", no_args_is_help=True, help="The reference receiver of the coordination centre."
)
for command in (send, sent, heartbeats):
    ncc.command()(command)
ncc.add_typer(messages, name="messages")


@ncc.command(epilog="Example: saqshy ncc serve --dir var/ncc --port 8791")
def serve(
    directory: Annotated[
        Path, typer.Option("--dir", help="Folder of its keys (pki/) and what it received.")
    ] = Path("var/ncc"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free port.")] = 8791,
    address: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    fail: Annotated[
        Fault | None, typer.Option(help="Fail in this way on purpose, for tests.")
    ] = None,
    slow_seconds: Annotated[
        float, typer.Option(min=0, help="How late --fail slow answers.")
    ] = 60.0,
    crl: Annotated[
        Path | None, typer.Option(help="Senders' certificates that were revoked, PEM.")
    ] = None,
    quiet_seconds: Annotated[
        float, typer.Option(min=1, help="How long heartbeats may stay away.")
    ] = 180.0,
    clock: Annotated[
        Path | None, typer.Option(help="File that tells a story's time, for demonstrations.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Say where it listens as one line of JSON.")
    ] = False,
) -> None:
    """Receive notices over mutual TLS, keep them, answer with signed receipts; until Ctrl-C."""
    with told_errors():
        receiver = open_receiver(
            directory,
            address=address,
            port=port,
            manner=Manner(fail, slow_seconds, quiet_seconds, crl),
            now=ToldClock(clock).now if clock else SystemClock().now,
        )
        if as_json:
            emit({"url": receiver.url, "pki": str(receiver.pki.folder), "fail": fail})
            sys.stdout.flush()  # whoever started us waits for this line
        else:
            failing = f", failing on purpose: {fail}" if fail else ""
            say(f"the coordination centre's receiver listens on {receiver.url}{failing}")
            say(f"its keys for one machine are in {receiver.pki.folder}; Ctrl-C ends it")
        try:
            receiver.run()
        except KeyboardInterrupt:
            say("ended")
        finally:
            latest = receiver.book.latest(1)
            say(f"{latest[0].sequence if latest else 0} notices are kept in {directory}")
            receiver.close()
