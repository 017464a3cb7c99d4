"""`saqshy notices seal|receipts`: by hand over an air gap, or past a line that is down."""

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import orjson
import typer
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from connectors.sinks.ncc_https import read_key
from connectors.sinks.receipts import receipt_claims
from connectors.sinks.sealed_file import SealedSink
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import Json, Notice, NoticeState, instant
from pipeline.notify import Backoff, Courier
from pipeline.ports import Stores
from pipeline.registry import load_registry
from pipeline.runtime.cli.commanding import As, Reason, Wait, command, give, tell
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import FOUND, emit, say, stop, told_errors
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.reading import reading
from pipeline.runtime.redelivering import RECEIPTS, SEALED
from pipeline.runtime.ways_out import Reach
from pipeline.settings import SealedSettings, Settings

AT_ONCE = 50  # receipts of one command, which must stay small
MOST_SEALED = 500  # notices of one file
WAITS = frozenset({NoticeState.PENDING, NoticeState.FAILED, NoticeState.DEAD})


def seal(
    to: Annotated[str, typer.Option("--to", help="The party that the file is for.")],
    whom: As,
    reason: Reason,
    since: Annotated[
        str | None, typer.Option("--since", help="RFC 3339: only what was made since.")
    ] = None,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Seal what waits for a party whose line is down into one file, encrypted and signed.

    The guard decides again. The notices go on waiting for their line: what comes twice has the
    same id. Receipts that come back by hand are entered by `saqshy notices receipts`.
    Example: saqshy notices seal --to ncc --as duty_lead/a.serik --reason "line down since noon"
    """
    with told_errors():
        settings = read_settings(config)
        sink, now = SealedSink(_sealed(settings)), time.time_ns()
        with reading(config, store) as stores:
            waits = list(_waiting(stores, settings, to, _instant(since), now))
        if not waits:
            stop(FOUND, f"nothing waits for {to}")
        chosen = waits[:MOST_SEALED]
        made = sink.seal(chosen[0].recipient, chosen, now)
        file = {"party": to, "number": made.number, "name": made.name, "sha256": made.sha256}
        detail: Json = {"notices": [one.id for one in chosen], "file": file}
        asked = command(SEALED, whom, reason, detail)
        entry = give(settings, store, asked, wait)
        if json:
            emit({**file, "notices": len(chosen), "left": len(waits) - len(chosen)})
        else:
            say(f"{made.name}: {len(chosen)} notice(s); {len(waits) - len(chosen)} left")
        tell(asked, entry, as_json=False)


def receipts(
    file: Annotated[Path, typer.Argument(help="One signed receipt (compact JWS) a line.")],
    whom: As,
    reason: Reason,
    wait: Wait = 10.0,
    config: Config = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Enter receipts that came by hand; each must be signed by its recipient's receipt key.

    Example: saqshy notices receipts disk/receipts.jws --as duty_lead/a.serik --reason "courier"
    """
    with told_errors():
        settings = read_settings(config)
        tokens = file.read_text(encoding="ascii", errors="replace").split()
        with reading(config, store) as stores:
            found = [_verified(stores, settings, token) for token in tokens]
        broken = [one for one in found if isinstance(one, str)]
        for one in broken:
            say(one)
        good = [one for one in found if not isinstance(one, str)]
        for begin in range(0, len(good), AT_ONCE):
            asked = command(RECEIPTS, whom, reason, {"receipts": good[begin : begin + AT_ONCE]})
            tell(asked, give(settings, store, asked, wait), as_json=json)
        if broken or not good:
            stop(FOUND, f"{len(broken)} of {len(tokens)} receipt(s) were not entered")
        if not json:
            say(f"{len(good)} receipt(s) are entered")


def _instant(text: str | None) -> int:
    try:
        return instant(text) if text else 0
    except ValueError as error:
        raise ConfigurationError([Problem("--since", 0, str(error))]) from error


def _sealed(settings: Settings) -> SealedSettings:
    if settings.notify.sealed is None:
        problem = Problem("settings: notify.sealed", 0, "is not set", "add keys for sealed files")
        raise ConfigurationError([problem])
    return settings.notify.sealed


def _waiting(
    stores: Stores, settings: Settings, party: str, since: int, now: int
) -> Iterator[Notice]:
    """Give what waits for a party in the order of its making, as the guard lets it out now."""
    registry = load_registry(settings.registry)
    courier = Courier({}, Backoff(), Reach(lambda: registry, settings.notify).still_open)
    recipient = None
    for notice in stores.outbox.list():
        wanted = notice.recipient.party_id == party and notice.state in WAITS
        if not wanted or notice.created_at < since:
            continue
        recipient = recipient or notice.recipient
        ready = courier.guarded(notice, now)
        if ready.state is not NoticeState.HELD and notice.recipient == recipient:
            yield ready


def _verified(stores: Stores, settings: Settings, token: str) -> Json | str:
    """Give what a receipt says where its recipient signed it; else what is wrong with it."""
    short = f"{token[:16]}…"
    try:
        claimed = orjson.loads(_payload(token))
        notice = stores.outbox.get(str(claimed["notice_id"]))
    except (ValueError, KeyError, TypeError):
        return f"{short}: is no receipt"
    if notice is None:
        return f"{short}: there is no notice {claimed['notice_id']}"
    try:
        key = _receipt_key(settings, notice.recipient.party_id, notice.recipient.role)
        claims = receipt_claims(token, key)
        instant(claims["received_at"])
    except (JoseError, ValueError, KeyError, TypeError):
        return f"{short}: is not signed by the receipt key of {notice.recipient.party_id}"
    return {"kind": "receipt", "jws": token, **claims}


def _payload(token: str) -> bytes:
    part = token.split(".")[1] if token.count(".") == 2 else ""
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _receipt_key(settings: Settings, party: str, role: str) -> OKPKey:
    path = _sealed(settings).receipt_keys.get(party)
    if path is None and role == "ncc" and settings.notify.ncc is not None:
        path = settings.notify.ncc.receipt_key
    if path is None:
        place = "settings: notify.sealed.receipt_keys"
        raise ConfigurationError([Problem(place, 0, f"has no key of {party}", "add it")])
    return read_key(path, private=False)
