"""`saqshy peers send|serve|revoke|list`: exchange with other operations centres."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import ConfigurationError, Problem
from pipeline.model import AuditEntry, Notice, as_document
from pipeline.notify.peers import MARKS, PEER_BUNDLE
from pipeline.runtime.cli.commanding import As, Reason, Wait, command, give, tell
from pipeline.runtime.cli.incidents_found import history_of
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import emit, say, show_table, to_the_second, told_errors
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.handing import hand_over
from pipeline.runtime.peering import PEERS_RECEIVED, PEERS_REVOKE, PEERS_SEND
from pipeline.runtime.peering_inbound import Inbound
from pipeline.runtime.reading import reading
from pipeline.runtime.receiver import Manner, PeersKnown, open_receiver

peers = typer.Typer(help="Exchange with other operations centres.", no_args_is_help=True)
Incident = Annotated[str, typer.Argument(help="The incident's id, or its beginning.")]
To = Annotated[str, typer.Option("--to", help="The peer's name in the settings.")]


@peers.command("send")
def send(
    incident_id: Incident,
    to: To,
    whom: As,
    reason: Reason,
    tlp: Annotated[
        str, typer.Option("--tlp", help="TLP 2.0 mark; default: the strictest that it may have.")
    ] = "",
    config: Config = None,
    store: Store = None,
    wait: Wait = 10.0,
    json: AsJson = False,
) -> None:
    """Send an incident and its indicators to a peer, as far as its settings allow.

    Example: saqshy peers send 3f0a --to centre-b --as duty_lead/a.serik --reason "asked in call 7"
    """
    with told_errors():
        if tlp and tlp not in MARKS:
            problem = Problem("--tlp", 0, f"no mark {tlp!r} is shared", ", ".join(MARKS))
            raise ConfigurationError([problem])
        detail = {"incident": _found(incident_id, config, store), "to": to}
        detail |= {"tlp": tlp} if tlp else {}
        _asked(PEERS_SEND, whom, reason, detail, (config, store, wait), as_json=json)


@peers.command("serve")
def serve(
    peer: Annotated[
        list[str], typer.Option("--peer", help="NAME=FILE: a centre and its public key (PEM).")
    ],
    directory: Annotated[
        Path, typer.Option("--dir", help="Folder of its keys (pki/), what came, and feeds/.")
    ] = Path("var/peers"),
    address: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free port.")] = 8792,
    crl: Annotated[
        Path | None, typer.Option(help="Peers' certificates that were revoked, PEM.")
    ] = None,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Take bundles of peers over mutual TLS, until Ctrl-C; nothing else is taken here.

    Indicators become feeds under DIR/feeds/NAME: name that folder in enrichment.indicators.
    Example: saqshy peers serve --peer centre-b=keys/centre-b.pub.pem --dir var/peers
    """
    with told_errors():
        keys = dict(_named(one) for one in peer)
        settings = read_settings(config)
        inbound = Inbound(directory / "feeds", partial(hand_over, settings, store))
        receiver = open_receiver(
            directory,
            address=address,
            port=port,
            manner=Manner(crl=crl),
            peering=PeersKnown(keys, inbound, alone=True),
        )
        if json:
            emit({"url": receiver.url, "pki": str(receiver.pki.folder), "peers": sorted(keys)})
            sys.stdout.flush()  # whoever started us waits for this line
        else:
            say(f"bundles of {', '.join(sorted(keys))} are taken on {receiver.url}; Ctrl-C ends it")
        try:
            receiver.run()
        except KeyboardInterrupt:
            say("ended")
        finally:
            receiver.close()


def _named(said: str) -> tuple[str, Path]:
    """Read NAME=FILE; ConfigurationError where it is not that, or there is no such file."""
    name, _, file = said.partition("=")
    path = Path(file)
    if not name or not file or name.startswith(".") or "/" in name:
        found = f"{said!r} is not NAME=FILE"
    elif not path.is_file():
        found = f"there is no file {file}"
    else:
        return name, path
    raise ConfigurationError([Problem("--peer", 0, found, "as centre-b=keys/centre-b.pub.pem")])


@peers.command("revoke")
def revoke(
    incident_id: Incident,
    to: To,
    whom: As,
    reason: Reason,
    config: Config = None,
    store: Store = None,
    wait: Wait = 10.0,
    json: AsJson = False,
) -> None:
    """Take back what a peer was given of an incident: its objects go again, marked as revoked.

    Example: saqshy peers revoke 3f0a --to centre-b --as duty_lead/a.serik --reason "wrong address"
    """
    with told_errors():
        detail = {"incident": _found(incident_id, config, store), "to": to}
        _asked(PEERS_REVOKE, whom, reason, detail, (config, store, wait), as_json=json)


@peers.command("list")
def list_exchanged(config: Config = None, store: Store = None, json: AsJson = False) -> None:
    """List what peers were given, with receipts, and what came from them.

    Example: saqshy peers list --json
    """
    with told_errors(), reading(config, store) as stores:
        sent = [one for one in stores.outbox.list() if one.kind == PEER_BUNDLE]
        came = [one for one in stores.audit.read("administration") if one.kind == PEERS_RECEIVED]
        if json:
            for one in (*sent, *came):
                emit(as_document(one))
            return
        columns = ("peer", "way", "incident", "tlp", "revoked", "at", "state")
        rows = [*map(_sent_row, sent), *(row for one in came for row in _came_rows(one))]
        show_table(f"{len(rows)} exchange(s)", columns, rows)


def _found(incident_id: str, config: Path | None, store: Path | None) -> str:
    with reading(config, store) as stores:
        return history_of(stores, incident_id)[-1].id


def _asked(
    name: str,
    whom: str,
    reason: str,
    detail: dict[str, str],
    where: tuple[Path | None, Path | None, float],
    *,
    as_json: bool,
) -> None:
    config, store, wait = where
    asked = command(name, whom, reason, dict(detail))
    entry = tell(asked, give(read_settings(config), store, asked, wait), as_json=as_json)
    if not as_json:
        say(f"notice {entry.detail['notice']} is on its way to {detail['to']}")


def _sent_row(one: Notice) -> tuple[str, ...]:
    said = one.payload
    return (
        one.recipient.party_id,
        "to",
        said["incident_id"][:12],
        said["tlp"],
        "yes" if said["revoked"] else "no",
        to_the_second(one.created_at),
        one.state.value,
    )


def _came_rows(entry: AuditEntry) -> list[tuple[str, ...]]:
    peer, at = entry.actor.partition("/")[2], to_the_second(entry.at)
    return [
        (
            peer,
            "from",
            one["id"].partition("--")[2][:12],
            ", ".join(one["tlp"]),
            "yes" if one["revoked"] else "no",
            at,
            "received",
        )
        for one in entry.detail["incidents"]
    ]
