"""Incidents to another centre and from it: over TLS to its real receiver, into its system."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from connectors.sinks.peer_bundle import bundle_line
from connectors.sinks.peer_link import Consignment
from pipeline.errors import DeliveryRefused, DeliveryRejected
from pipeline.incidents.life_cycle import PREFIX
from pipeline.model import Command, Notice, NoticeState, Tri, from_json
from pipeline.normalize.enrichment.indicators.stix import stix_indicators
from pipeline.notify.peers import PEER_BUNDLE, Allowed, peer_bundle
from pipeline.runtime.cli.app import app
from pipeline.runtime.commands import Inbox
from pipeline.runtime.leaving import leave_again, spool_of
from pipeline.runtime.peering import PEERS_RECEIVED, PEERS_REVOKE, PEERS_SEND
from pipeline.runtime.peering_inbound import Inbound
from pipeline.runtime.pki import Pki, development_pki
from pipeline.runtime.receiver import PeersKnown, Receiver, open_receiver
from tests.notify.exports.made import NOW, whole
from tests.runtime.centre import Centre, centre, entry, failures

pytestmark = pytest.mark.usefixtures("logs_kept")
PEER = "centre-b"


@contextmanager
def received(folder: Path, **keys: Path) -> Iterator[Receiver]:
    """Run another centre's receiver, which hands on into a folder and a spool."""
    inbound = Inbound(folder / "feeds", partial(leave_again, folder / "spool"))
    receiver = open_receiver(folder, peering=PeersKnown(keys, inbound))
    try:
        with receiver.beside():
            yield receiver
    finally:
        receiver.close()


def notify(pki: Pki, url: str, **more: Any) -> dict[str, Any]:
    """Write the settings of a peer."""
    line = {
        "url": url,
        "ca": str(pki.ca),
        "certificate": str(pki.centre),
        "key": str(pki.centre_key),
        "signing_key": str(pki.centre_signing),
        "receipt_key": str(pki.receipt_verifying),
        **more,
    }
    return {"folder": {"path": "outgoing"}, "peers": {PEER: line}}


def incident_of(made: Centre) -> str:
    """Have an incident on a bank's gateway, and give its id."""
    made.take([*failures(1), entry(1)])
    found = [
        one
        for one in made.system.stores.incidents.latest()
        if one.assessment.is_incident is Tri.YES
    ]
    return found[0].id


def asked(made: Centre, name: str, role: str = "duty_lead", **detail: str) -> None:
    """Have a command journalled and folded."""
    given = Command(name, role, "a.serik", "asked in call 7", made.clock.now(), dict(detail))
    made.system.collector.command(given)
    made.drain()


def bundles(made: Centre) -> list[Notice]:
    """Give the notices to peers."""
    return [one for one in made.notices() if one.kind == PEER_BUNDLE]


def feed(folder: Path) -> list[Any]:
    """Give what the other centre's feed of indicators says, file by file."""
    return [
        one
        for file in sorted((folder / "feeds" / "centre").glob("*.json"))
        for one in stix_indicators(orjson.loads(file.read_bytes()), "peer", Counter())
    ]


def test_an_incident_goes_to_a_peer_and_is_taken_back(tmp_path: Path) -> None:
    """A sent incident is a feed and a command there, with a receipt here; so is its revocation."""
    with received(tmp_path / "b") as other:
        settings = notify(other.pki, other.url)
        with centre(tmp_path / "a", notify=settings) as made:
            incident = incident_of(made)
            asked(made, PEERS_SEND, incident=incident, to=PEER)
            made.system.dispatcher.run_due(f"peer-{PEER}")
            given = feed(tmp_path / "b")
            made.tick(1)
            asked(made, PEERS_REVOKE, incident=incident, to=PEER)
            made.system.dispatcher.run_due(f"peer-{PEER}")
            sent = bundles(made)
            kinds = [one.kind for one in made.audit(PEERS_SEND)]
    assert [one.state for one in sent] == [NoticeState.ACKNOWLEDGED] * 2
    assert [one.payload["revoked"] for one in sent] == [False, True]
    assert [one.basis for one in sent] == ["kz-418-V/7-2(1)(4)"] * 2
    assert kinds == [PEERS_SEND]
    assert {one.value for one in given} == {"203.0.113.45"}
    taken = [one for one in feed(tmp_path / "b") if one.revoked]
    assert {one.id for one in taken} == {one.id for one in given}
    left = [from_json(Command, one.read_bytes()) for one in (tmp_path / "b" / "spool").iterdir()]
    told = sorted(left, key=lambda one: one.given_at)
    assert [one.detail["incidents"][0]["revoked"] for one in told] == [False, True]
    assert b"BANK-01" not in b"".join(
        one.read_bytes() for one in (tmp_path / "b" / "feeds" / "centre").iterdir()
    )


def test_what_came_from_a_peer_stands_in_the_audit_trail(tmp_path: Path) -> None:
    """A peer's incident left in our spool is journalled and recorded with mark and sender."""
    with received(tmp_path / "b") as other:
        with centre(tmp_path / "a", notify=notify(other.pki, other.url)) as made:
            asked(made, PEERS_SEND, incident=incident_of(made), to=PEER, tlp="clear")
            made.system.dispatcher.run_due(f"peer-{PEER}")
        with centre(tmp_path / "c") as theirs:
            system = theirs.system
            Inbox(tmp_path / "b" / "spool", system.collector, system.reloader.ask).take()
            theirs.drain()
            [entered] = theirs.audit(PEERS_RECEIVED)
    assert entered.actor == "peer/centre"
    assert entered.detail["incidents"][0]["tlp"] == ["clear"]
    listed = CliRunner().invoke(
        app, ["peers", "list", "--json", "--config", str(tmp_path / "c" / "saqshy.yml")]
    )
    assert orjson.loads(listed.stdout)["kind"] == PEERS_RECEIVED


def test_an_automatic_peer_is_told_without_being_asked(tmp_path: Path, pki: Pki) -> None:
    """An incident goes to an automatic peer once, and is taken back when it proves to be none."""
    settings = notify(pki, "https://127.0.0.1:1", automatic=True)
    with centre(tmp_path / "a", notify=settings) as made:
        incident = incident_of(made)
        made.take(failures(3))
        assert [one.payload["revoked"] for one in bundles(made)] == [False]
        asked(made, f"{PREFIX}close", object_id="kz-bank", incident=incident, verdict="false")
        closed = made.system.stores.incidents.history(incident)[-1]
        sent = bundles(made)
    assert closed.closing_verdict == "false"
    assert [one.payload["revoked"] for one in sent] == [False, True]


@pytest.mark.parametrize(
    ("detail", "role", "why"),
    [
        pytest.param({"to": "nobody"}, "duty_lead", "no peer is named", id="unknown-peer"),
        pytest.param({"incident": "0" * 32}, "duty_lead", "no such incident", id="no-incident"),
        pytest.param({"tlp": "amber"}, "duty_lead", "not given what is marked", id="mark"),
        pytest.param({"tlp": "red"}, "duty_lead", "not given what is marked", id="red"),
        pytest.param({}, "analyst", "may not do this", id="role"),
        pytest.param({"more": "x"}, "duty_lead", "it must name", id="unknown-key"),
    ],
)
def test_what_cannot_be_sent_is_refused(
    tmp_path: Path, pki: Pki, detail: dict[str, str], role: str, why: str
) -> None:
    """A command that cannot be obeyed sends nothing, and says why in the audit trail."""
    with centre(tmp_path / "a", notify=notify(pki, "https://127.0.0.1:1")) as made:
        given = {"incident": incident_of(made), "to": PEER, **detail}
        asked(made, PEERS_SEND, role, **given)
        asked(made, PEERS_REVOKE, incident=given["incident"], to=PEER)
        [refused, other] = made.audit("command_refused")
        assert bundles(made) == []
    assert why in refused.detail["problems"][0]
    assert other.detail["problems"]


def test_nobody_brings_anothers_objects(tmp_path: Path, pki: Pki) -> None:
    """An object that one centre sent first is not changed by another, and strangers get nothing."""
    mine = development_pki(tmp_path / "b" / "pki", datetime.now(UTC))
    keys = {"first": mine.centre_verifying, "second": pki.centre_verifying}
    with received(tmp_path / "b", **keys) as other:
        settings = mine.ncc_settings(other.url)
        content = peer_bundle(whole(), Allowed(), NOW, revoked=False)[1]
        signers = (mine.centre_signing, pki.centre_signing, pki.receipt_signing)
        first, second, stranger = (
            bundle_line(settings.model_copy(update={"signing_key": key})) for key in signers
        )
        document = orjson.loads(content)
        again = orjson.dumps({**document, "id": f"bundle--{document['id'][8:-1]}0"})
        assert not first.send(Consignment(document["id"], content, {})).duplicate
        assert first.send(Consignment(document["id"], content, {})).duplicate
        for data in (content, again):
            with pytest.raises(DeliveryRejected, match="another centre's"):
                second.send(Consignment(orjson.loads(data)["id"], data, {}))
        with pytest.raises(DeliveryRefused, match="no valid signature"):
            stranger.send(Consignment(document["id"], content, {}))
        with pytest.raises(DeliveryRejected, match="no STIX bundle"):
            first.send(Consignment("x", b"[]", {}))
        for line in (first, second, stranger):
            line.close()


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Make keys for a line that nobody answers."""
    receiver = open_receiver(tmp_path_factory.mktemp("keys"))
    receiver.close()
    return receiver.pki


def test_commands_wait_where_no_system_runs(tmp_path: Path, pki: Pki) -> None:
    """The command line leaves the command, and says that it waits; an unknown mark is refused."""
    with centre(tmp_path, notify=notify(pki, "https://127.0.0.1:1")) as made:
        incident = incident_of(made)
    config = ["--config", str(tmp_path / "saqshy.yml")]
    by = ["--to", PEER, "--as", "duty_lead/a.serik", "--reason", "asked in call 7", *config]
    waits = CliRunner().invoke(app, ["peers", "send", incident[:8], *by, "--wait", "0"])
    wrong = CliRunner().invoke(app, ["peers", "send", incident[:8], *by, "--tlp", "red"])
    back = CliRunner().invoke(app, ["peers", "revoke", incident[:8], *by, "--wait", "0"])
    assert (waits.exit_code, wrong.exit_code, back.exit_code) == (1, 2, 1)
    left = sorted(spool_of(tmp_path / "saqshy.db").glob("*.json"))
    assert [from_json(Command, one.read_bytes()).name for one in left] == [PEERS_SEND, PEERS_REVOKE]
