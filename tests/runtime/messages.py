"""Messages of a coordination centre as tests make them."""

from joserfc import jws
from joserfc.jwk import OKPKey

from pipeline.model import NANOSECONDS, identity, rfc3339
from pipeline.notify.ncc_message import TYPE, Message

KEY = OKPKey.generate_key("Ed25519", private=True)
DAY = 86_400 * NANOSECONDS


def words(subject: str = "Update the software") -> list[dict[str, str]]:
    """Give a text in three languages."""
    said = {"kk": "Бағдарламалық қамтылымды жаңартыңыз", "ru": "Обновите ПО", "en": subject}
    return [{"language": one, "subject": text, "body": f"{text}."} for one, text in said.items()]


def message(at: int, number: int = 1, **changes: object) -> Message:
    """Give a message issued at an instant."""
    document: dict[str, object] = {
        "id": identity("message", number),
        "kind": "vulnerability",
        "from": "NCC",
        "to": "OCIB",
        "issued_at": rfc3339(at),
        "text": words(),
        "basis": "kz-418-V/7-4(1)(10)",
        "reference": "CVE-2026-0001",
        **changes,
    }
    return Message.model_validate(document)


def sealed(one: Message, key: OKPKey = KEY, typ: str = TYPE) -> tuple[str, bytes]:
    """Give the compact JWS of a message, and its content."""
    content = one.model_dump_json(by_alias=True).encode()
    header = {"alg": "Ed25519", "typ": typ}
    return jws.serialize_compact(header, content, key, algorithms=["Ed25519"]), content
