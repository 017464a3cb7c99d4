"""Sealed files for an air gap, or for a line that is down: encrypted, signed, numbered.

A recipient's folder holds ``<number>-<notice id>-<hash>.jwe`` and beside each a detached signature
``.jws``. The file is a JWE (RFC 7516, compact) to the recipient's X25519 key (ECDH-ES+A256KW,
A256GCM; RFC 7518, RFC 8037); the signature is a JWS with detached content (RFC 7515, appendix F) by
Ed25519 over the file's bytes, so that a courier can check it without being able to read it. Numbers
run without gaps, and each file names the hash of the one before it, so that a missing, a changed
and a swapped file show. ``manifest.json`` says how far the numbers go.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import orjson
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from connectors.sinks.durable import write_whole
from connectors.sinks.letter import lateness, letter, sha256
from connectors.sinks.ncc_https import ALGORITHM, read_key
from connectors.sinks.trust import unusable
from pipeline.errors import (
    ConfigurationError,
    DeliveryDelayed,
    DeliveryRefused,
    DeliveryRejected,
    Problem,
)
from pipeline.model import Json, Notice, Receipt, Recipient, rfc3339
from pipeline.settings import SealedSettings

FORMAT = "saqshy-sealed-1"
PLACE = "notify.sealed"
DIGITS = 8
_SEALING = ["ECDH-ES+A256KW", "A256GCM"]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed file: its number, its name in the recipient's folder, the SHA-256 of its bytes."""

    number: int
    name: str
    sha256: str


class SealedSink:
    """Seal each notice into the next file of its recipient; safe to use from several threads."""

    channel = "sealed"

    def __init__(self, settings: SealedSettings) -> None:
        self._folder = settings.path
        problems: list[Problem] = []
        try:
            self._signing = read_key(settings.signing_key, private=True)
        except ConfigurationError as error:
            problems += error.problems
        self._keys, wrong = read_recipients(settings.recipients)
        problems += wrong
        if problems:
            raise ConfigurationError(problems)

    def deliver(self, notice: Notice, now: int) -> Receipt:
        """Write the file durably, or find it there.

        DeliveryDelayed where it cannot be written, DeliveryRejected where the notice is there with
        another content, DeliveryRefused where no key of the recipient is set.
        """
        body, digest = letter(notice), sha256(letter(notice))
        late = lateness(notice, now)
        folder = self._folder / _folder(notice.recipient)
        try:
            with _alone(folder):
                found = _found(folder, notice.id)
                if found is not None and not found.name.endswith(f"-{digest[:32]}.jwe"):
                    what = f"{folder / found.name}: is there already with another content"
                    raise DeliveryRejected(what)
                name = f"{notice.id}-{digest[:32]}"
                contents = [contents_of(body, late)]
                sealed = found or self._seal(folder, notice.recipient, name, contents, now)
        except OSError as error:
            reason = error.strerror or str(error)
            what = f"{folder}: cannot be written: {reason} (make room or give the right to write)"
            raise DeliveryDelayed(what, "room") from error
        return Receipt(
            notice_id=notice.id,
            recipient=f"{notice.recipient.role}:{notice.recipient.party_id}",
            received_at=(folder / sealed.name).stat().st_mtime_ns,
            body={
                "kind": "sealed",
                "sha256": digest,
                "number": sealed.number,
                "file": f"{folder.name}/{sealed.name}",
                "file_sha256": sealed.sha256,
            },
            duplicate=found is not None,
        )

    def seal(self, recipient: Recipient, notices: Sequence[Notice], now: int) -> Sealed:
        """Write several notices to one recipient into one file, the next of its numbers.

        DeliveryRefused where no key of the recipient is set, OSError where it cannot be written.
        """
        folder = self._folder / _folder(recipient)
        contents = [contents_of(letter(one), lateness(one, now)) for one in notices]
        name = f"several-{sha256(b''.join(letter(one) for one in notices))[:32]}"
        with _alone(folder):
            return self._seal(folder, recipient, name, contents, now)

    def close(self) -> None:
        """Let go of nothing: no file stays open."""

    def _seal(
        self, folder: Path, recipient: Recipient, name: str, contents: Sequence[Json], now: int
    ) -> Sealed:
        key = self._keys.get(recipient.party_id)
        if key is None:
            what = f"{recipient.party_id}: no key is set for it ({PLACE}.recipients)"
            raise DeliveryRefused(what, "no_channel")
        before = _last(folder)
        number = before.number + 1 if before else 1
        bundle = orjson.dumps(
            {
                "format": FORMAT,
                "number": number,
                "previous": before.sha256 if before else "",
                "recipient": {"role": recipient.role, "party_id": recipient.party_id},
                "sealed_at": rfc3339(now),
                "contents": contents,
            },
            option=orjson.OPT_SORT_KEYS,
        )
        header = {"alg": _SEALING[0], "enc": _SEALING[1], "typ": "saqshy-sealed+jwe"}
        header["kid"] = key.thumbprint()
        data = jwe.encrypt_compact(header, bundle, key, algorithms=_SEALING).encode()
        sealed = Sealed(number, f"{number:0{DIGITS}d}-{name}.jwe", sha256(data))
        signed = jws.serialize_compact(
            {"alg": ALGORITHM, "typ": "saqshy-sealed+jws", "kid": self._signing.thumbprint()},
            data,
            self._signing,
            algorithms=[ALGORITHM],
        )
        # The signature first: a sealed file without one must never be taken away.
        write_whole(folder / f"{sealed.name}.jws", jws.detach_content(signed).encode(), now)
        write_whole(folder / sealed.name, data, now)
        _write_manifest(folder, recipient, sealed, now)
        return sealed


def contents_of(body: bytes, late: bytes | None) -> Json:
    """Give one letter as it stands in a bundle: as text, whose bytes have the hash beside it."""
    found: Json = {"letter": body.decode(), "sha256": sha256(body)}
    if late is not None:
        found["late"] = late.decode()
    return found


def read_recipients(files: Mapping[str, Path]) -> tuple[dict[str, OKPKey], list[Problem]]:
    """Read each party's public X25519 key; with everything that cannot be used."""
    keys: dict[str, OKPKey] = {}
    problems = []
    for party, path in sorted(files.items()):
        try:
            key = OKPKey.import_key(path.read_bytes())
        except (OSError, ValueError, JoseError) as error:
            problems.append(unusable(path, "an X25519 key in PEM", error, f"{PLACE}.recipients"))
            continue
        if not isinstance(key.raw_value, X25519PublicKey):
            way_out = "the recipient keeps its private key; we need the public one"
            problems.append(Problem(str(path), 0, "is no public X25519 key", way_out))
        keys[party] = key
    return keys, problems


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a recipient's folder alone: numbers must run on, whoever writes."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{'[0-9]' * DIGITS}-*.jwe"))


def _found(folder: Path, notice_id: str) -> Sealed | None:
    found = sorted(folder.glob(f"{'[0-9]' * DIGITS}-{notice_id}-*.jwe"))
    return _sealed(found[0]) if found else None


def _last(folder: Path) -> Sealed | None:
    """Give the file with the highest number, also where a courier has taken it away since."""
    files = _files(folder)
    manifest = folder / "manifest.json"
    said = orjson.loads(manifest.read_bytes()) if manifest.exists() else None
    last = Sealed(said["last"], said["file"], said["sha256"]) if said else None
    if files and (last is None or int(files[-1].name[:DIGITS]) > last.number):
        return _sealed(files[-1])  # a kill came between the file and the manifest
    return last


def _sealed(file: Path) -> Sealed:
    return Sealed(int(file.name[:DIGITS]), file.name, sha256(file.read_bytes()))


def _write_manifest(folder: Path, recipient: Recipient, last: Sealed, now: int) -> None:
    said = {
        "format": "saqshy-manifest-1",
        "recipient": {"role": recipient.role, "party_id": recipient.party_id},
        "last": last.number,
        "file": last.name,
        "sha256": last.sha256,
        "at": rfc3339(now),
    }
    write_whole(folder / "manifest.json", orjson.dumps(said, option=orjson.OPT_SORT_KEYS), now)


def _folder(recipient: Recipient) -> str:
    name = f"{recipient.role}-{recipient.party_id}"
    return quote(name, safe="").replace(".", "%2E")
