"""The development PKI: made once, whole, and for its owner only."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from pipeline.errors import ConfigurationError
from pipeline.runtime.pki import LIFETIME, development_pki

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_it_is_made_once(tmp_path: Path) -> None:
    """A second start takes the keys that are there."""
    development_pki(tmp_path / "pki", NOW)
    before = content(tmp_path / "pki")
    development_pki(tmp_path / "pki", NOW + timedelta(days=300))
    assert content(tmp_path / "pki") == before
    assert [path.name for path in tmp_path.iterdir()] == ["pki"]


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    """The folder and every file are closed to everybody else, and a README says what they are."""
    pki = development_pki(tmp_path / "pki", NOW)
    assert stat.S_IMODE(pki.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in pki.folder.iterdir()} == {0o600}
    assert "on this machine only" in (pki.folder / "README.md").read_text()


def test_certificates_are_for_what_they_say(tmp_path: Path) -> None:
    """The server's is for this machine's names, the client's for clients, both by the one CA."""
    pki = development_pki(tmp_path / "pki", NOW)
    ca, server, client = (
        x509.load_pem_x509_certificate(path.read_bytes())
        for path in (pki.ca, pki.receiver, pki.centre)
    )
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert list(map(str, names.get_values_for_type(x509.IPAddress))) == ["127.0.0.1", "::1"]
    usages = [
        list(one.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
        for one in (server, client)
    ]
    assert usages == [[ExtendedKeyUsageOID.SERVER_AUTH], [ExtendedKeyUsageOID.CLIENT_AUTH]]
    for one in (server, client):
        one.verify_directly_issued_by(ca)
        assert one.not_valid_after_utc == NOW + LIFETIME


def test_signing_keys_are_pairs(tmp_path: Path) -> None:
    """Each public key verifies what its private key signs, and the two pairs differ."""
    pki = development_pki(tmp_path / "pki", NOW)
    publics = []
    for private_file, public_file in (
        (pki.centre_signing, pki.centre_verifying),
        (pki.receipt_signing, pki.receipt_verifying),
    ):
        private = load_pem_private_key(private_file.read_bytes(), None)
        assert isinstance(private, Ed25519PrivateKey)
        assert load_pem_public_key(public_file.read_bytes()) == private.public_key()
        publics.append(private.public_key().public_bytes_raw())
    assert publics[0] != publics[1]


def test_several_makers_agree(tmp_path: Path) -> None:
    """Processes that make it at once end with one and the same, and leave nothing beside it."""
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: development_pki(tmp_path / "pki", NOW), range(6)))
    assert {one.folder for one in made} == {tmp_path / "pki"}
    assert [path.name for path in tmp_path.iterdir()] == ["pki"]


def test_an_expired_one_is_told(tmp_path: Path) -> None:
    """Certificates that ran out are named with the way out, not renewed in silence."""
    development_pki(tmp_path / "pki", NOW)
    with pytest.raises(ConfigurationError, match=r"expired on 2036-02-28 \(delete it"):
        development_pki(tmp_path / "pki", NOW + LIFETIME)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [("centre.pem", None, "lacks centre.pem"), ("ca.pem", b"x", "ca.pem is no certificate")],
)
def test_a_broken_one_is_told(tmp_path: Path, name: str, data: bytes | None, said: str) -> None:
    """A folder that lacks a file or holds a broken one is named with the way out."""
    pki = development_pki(tmp_path / "pki", NOW)
    (pki.folder / name).unlink()
    if data is not None:
        (pki.folder / name).write_bytes(data)
    with pytest.raises(ConfigurationError, match=said):
        development_pki(pki.folder, NOW)


def test_a_file_in_its_place_is_told(tmp_path: Path) -> None:
    """Where a file stands in the folder's place, that is said."""
    (tmp_path / "pki").write_text("x")
    with pytest.raises(ConfigurationError, match="cannot be used"):
        development_pki(tmp_path / "pki", NOW)
