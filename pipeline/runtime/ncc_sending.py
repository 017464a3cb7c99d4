"""The coordination centre's side of messages: signed by its own key, put up to be asked for."""

from pathlib import Path

from joserfc import jws

from connectors.sinks.ncc_https import ALGORITHM, read_key
from connectors.stores.received import ReceivedNotices
from pipeline.errors import ConfigurationError, Problem
from pipeline.notify.ncc_message import TYPE, Message
from pipeline.runtime.pki import Pki
from pipeline.runtime.receiver import PKI, STORE


def put_up(folder: Path, message: Message) -> int:
    """Sign a message and keep it in a receiver's folder; give its place.

    ConfigurationError where the folder is no receiver's, IntegrityError where another content has
    the message's id, StoreError where it cannot be kept.
    """
    if not (folder / STORE).is_file():
        what = "holds no receiver's store"
        raise ConfigurationError(
            [Problem(str(folder), 0, what, f"saqshy ncc serve --dir {folder}")]
        )
    content, token = signed(message, Pki(folder / PKI).message_signing)
    book = ReceivedNotices(folder / STORE)
    try:
        return book.messages.send(message.id, content, token, message.issued_at).sequence
    finally:
        book.close()


def signed(message: Message, key_file: Path) -> tuple[bytes, str]:
    """Give a message's content and the compact JWS over it; ConfigurationError without a key."""
    key = read_key(key_file, private=True)
    content = message.model_dump_json(by_alias=True).encode()
    header = {"alg": ALGORITHM, "typ": TYPE, "kid": key.thumbprint()}
    return content, jws.serialize_compact(header, content, key, algorithms=[ALGORITHM])
