"""Sealed files: who can read them, what shows when one is missing, and disks without room."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from connectors.sinks.folder import FolderSink
from connectors.sinks.letter import letter, sha256
from connectors.sinks.sealed_file import SealedSink
from pipeline.errors import ConfigurationError, DeliveryDelayed, DeliveryRefused
from pipeline.model import NANOSECONDS, Recipient, Tried
from pipeline.ports import Sink
from pipeline.settings import FolderSettings, SealedSettings
from tests.notify.made import BASE, notice


def keys(folder: Path) -> tuple[SealedSettings, OKPKey]:
    """Write a centre's and a recipient's keys; give settings and the recipient's private key."""
    folder.mkdir(exist_ok=True)
    signing, recipient = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
    private = recipient.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "signing.pem").write_bytes(
        signing.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    (folder / "ncc.key.pem").write_bytes(private)
    (folder / "ncc.pub.pem").write_bytes(
        recipient.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    settings = SealedSettings(
        path=folder / "sealed",
        signing_key=folder / "signing.pem",
        recipients={"ncc": folder / "ncc.pub.pem"},
    )
    return settings, OKPKey.import_key(private)


def opened(file: Path, key: OKPKey, signing: Path) -> dict[str, Any]:
    """Check a file's signature and read it, as its recipient would."""
    data = file.read_bytes()
    token = file.with_name(f"{file.name}.jws").read_text()
    private = load_pem_private_key(signing.read_bytes(), None)
    public = OKPKey.import_key(
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    head, _, tail = token.split(".")
    import base64

    body = base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    jws.deserialize_compact(f"{head}.{body}.{tail}", public, algorithms=["Ed25519"])
    sealed = jwe.decrypt_compact(data, key, algorithms=["ECDH-ES+A256KW", "A256GCM"])
    assert sealed.plaintext is not None
    document: dict[str, Any] = orjson.loads(sealed.plaintext)
    return document


def test_only_the_recipient_reads_it(tmp_path: Path) -> None:
    """The file holds the letter for who has the key, and nothing of it for anybody else."""
    settings, key = keys(tmp_path)
    receipt = SealedSink(settings).deliver(notice(), BASE)
    file = settings.path / receipt.body["file"]
    said = opened(file, key, settings.signing_key)
    [content] = said["contents"]
    assert content["letter"].encode() == letter(notice())
    assert (said["number"], said["previous"]) == (1, "")
    assert b"KZ-EN-1" not in file.read_bytes()
    _, other = keys(tmp_path / "other")
    with pytest.raises((JoseError, ValueError)):
        opened(file, other, settings.signing_key)


def test_a_missing_file_shows(tmp_path: Path) -> None:
    """Numbers run without gaps, also past a courier's visit, and each file names the one before."""
    settings, key = keys(tmp_path)
    folder = settings.path / "ncc-ncc"
    for number in (1, 2):
        SealedSink(settings).deliver(notice(number), BASE)
    taken = {file.name: sha256(file.read_bytes()) for file in sorted(folder.glob("*.jwe"))}
    for file in folder.glob("*.jwe*"):
        file.unlink()
    receipt = SealedSink(settings).deliver(notice(3), BASE)
    said = opened(settings.path / receipt.body["file"], key, settings.signing_key)
    assert (said["number"], said["previous"]) == (3, list(taken.values())[-1])
    manifest = orjson.loads((folder / "manifest.json").read_bytes())
    assert (manifest["last"], manifest["sha256"]) == (3, receipt.body["file_sha256"])


def test_a_kill_before_the_manifest_gives_no_number_twice(tmp_path: Path) -> None:
    """Where a kill came between file and manifest, the file counts."""
    settings, _ = keys(tmp_path)
    sink = SealedSink(settings)
    sink.deliver(notice(1), BASE)
    manifest = settings.path / "ncc-ncc" / "manifest.json"
    before = manifest.read_bytes()
    sink.deliver(notice(2), BASE)
    manifest.write_bytes(before)
    assert sink.deliver(notice(3), BASE).body["number"] == 3


def test_several_in_one_file(tmp_path: Path) -> None:
    """What waits is sealed together in its order, with what is said of its lateness."""
    settings, key = keys(tmp_path)
    late = notice(2, attempts=9, tried=Tried(first_at=BASE, why=("unreachable",)))
    made = SealedSink(settings).seal(
        Recipient("ncc", "ncc"), [notice(1), late], late.due_at + NANOSECONDS
    )
    said = opened(settings.path / "ncc-ncc" / made.name, key, settings.signing_key)
    assert [one["letter"].encode() for one in said["contents"]] == [letter(notice(1)), letter(late)]
    assert "late" not in said["contents"][0]
    assert orjson.loads(said["contents"][1]["late"])["attempts"] == 9


def test_without_a_key_nothing_is_written(tmp_path: Path) -> None:
    """For a recipient without a key nothing is sealed, and the setting is named."""
    settings, _ = keys(tmp_path)
    stranger = notice(recipient=Recipient("holder", "bank"))
    with pytest.raises(DeliveryRefused, match=r"notify\.sealed\.recipients") as refused:
        SealedSink(settings).deliver(stranger, BASE)
    assert refused.value.code == "no_channel"


def test_keys_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    """Absent keys, private ones and those of another kind are told together at the start."""
    settings, key = keys(tmp_path)
    (tmp_path / "private.pem").write_bytes(key.as_pem(private=True))
    wrong = settings.model_copy(
        update={
            "signing_key": tmp_path / "ncc.pub.pem",
            "recipients": {
                "a": tmp_path / "absent",
                "b": tmp_path / "private.pem",
                "c": tmp_path / "signing.pem",
            },
        }
    )
    with pytest.raises(ConfigurationError) as found:
        SealedSink(wrong)
    assert len(found.value.problems) == 4


@contextmanager
def no_room(most: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("kind", ["folder", "sealed"])
def test_a_full_disk_delays(tmp_path: Path, kind: str) -> None:
    """Without room nothing half-written is left, and once there is room the notice leaves."""
    sink: Sink = FolderSink(FolderSettings(path=tmp_path / "sealed"))
    if kind == "sealed":
        sink = SealedSink(keys(tmp_path)[0])
    with no_room(50), pytest.raises(DeliveryDelayed, match="make room") as failed:
        sink.deliver(notice(), BASE)
    assert failed.value.code == "room"
    left = {path.name for path in (tmp_path / "sealed").rglob("*") if path.is_file()}
    assert left <= {".lock"}
    assert sink.deliver(notice(), BASE).duplicate is False
