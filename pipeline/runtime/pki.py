"""A development PKI for one machine: CA, server and client certificates, signing keys.

Made once, in a folder that only its owner can read, and never renewed in silence. It exists so
that mutual TLS and signatures are real from the first run on; it proves nobody's identity to
anybody else.
"""

import errno
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pipeline.errors import ConfigurationError, Problem
from pipeline.settings import NccSettings

LIFETIME = timedelta(days=3650)
_README = """# Keys for one machine

Made by `saqshy` for development and demonstration on this machine only: the CA's own key lies
beside the certificates, so whoever reads this folder can be anybody. Do not copy it, do not use it
between machines, and do not put it under version control. A real link to the coordination centre
uses certificates and keys that the two sides gave each other.

To start afresh, delete the folder. Files of others: `ca.pem` and what ends in `.pub.pem` are
public, everything else is secret.
"""
Key: TypeAlias = ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Pki:
    """Where each file of the PKI lies. ``centre`` is the sender, ``receiver`` the other side."""

    folder: Path

    @property
    def ca(self) -> Path:
        """The CA that both sides trust."""
        return self.folder / "ca.pem"

    @property
    def receiver(self) -> Path:
        """The receiver's server certificate, for 127.0.0.1, ::1 and localhost."""
        return self.folder / "receiver.pem"

    @property
    def receiver_key(self) -> Path:
        """Its private key."""
        return self.folder / "receiver.key.pem"

    @property
    def centre(self) -> Path:
        """The operations centre's client certificate."""
        return self.folder / "centre.pem"

    @property
    def centre_key(self) -> Path:
        """Its private key."""
        return self.folder / "centre.key.pem"

    @property
    def centre_signing(self) -> Path:
        """The centre's Ed25519 key, which signs notices."""
        return self.folder / "centre-signing.pem"

    @property
    def centre_verifying(self) -> Path:
        """Its public half, for the receiver."""
        return self.folder / "centre-signing.pub.pem"

    @property
    def receipt_signing(self) -> Path:
        """The receiver's Ed25519 key, which signs receipts."""
        return self.folder / "receipt-signing.pem"

    @property
    def receipt_verifying(self) -> Path:
        """Its public half, for the centre."""
        return self.folder / "receipt-signing.pub.pem"

    @property
    def audit_signing(self) -> Path:
        """The centre's Ed25519 key, which signs checkpoints of the audit trail."""
        return self.folder / "audit-signing.pem"

    @property
    def audit_verifying(self) -> Path:
        """Its public half, for whoever checks them."""
        return self.folder / "audit-signing.pub.pem"

    @property
    def message_signing(self) -> Path:
        """The coordination centre's Ed25519 key, which signs its messages."""
        return self.folder / "message-signing.pem"

    @property
    def message_verifying(self) -> Path:
        """Its public half, for the centre."""
        return self.folder / "message-signing.pub.pem"

    def ncc_settings(self, url: str, timeout_seconds: float = 10.0) -> NccSettings:
        """Give the sender's settings for a receiver at ``url`` that uses this PKI."""
        return NccSettings(
            url=url,
            ca=self.ca,
            certificate=self.centre,
            key=self.centre_key,
            signing_key=self.centre_signing,
            receipt_key=self.receipt_verifying,
            message_key=self.message_verifying,
            timeout_seconds=timeout_seconds,
        )


def development_pki(folder: Path, now: datetime) -> Pki:
    """Make the PKI in a folder, or take the one that is there.

    It appears whole or not at all, also where two processes make it at once. ConfigurationError
    where the folder holds something else or cannot be written, or the certificates have expired.
    """
    pki = Pki(folder)
    try:
        if not folder.exists() or not any(folder.iterdir()):
            _create(pki, now)
        missing = [path.name for path in _files(pki) if not path.is_file()]
        if missing:
            raise _unfit(folder, f"lacks {', '.join(missing)}")
        ends = x509.load_pem_x509_certificate(pki.ca.read_bytes()).not_valid_after_utc
    except ValueError as error:
        raise _unfit(folder, f"ca.pem is no certificate: {error}") from error
    except OSError as error:
        raise _unfit(folder, f"cannot be used: {error.strerror or error}") from error
    if ends <= now:
        raise _unfit(folder, f"its certificates expired on {ends:%Y-%m-%d}")
    return pki


def _unfit(folder: Path, message: str) -> ConfigurationError:
    return ConfigurationError([Problem(str(folder), 0, message, "delete it to make it anew")])


def _files(pki: Pki) -> tuple[Path, ...]:
    return (
        pki.ca, pki.receiver, pki.receiver_key, pki.centre, pki.centre_key,
        pki.centre_signing, pki.centre_verifying, pki.receipt_signing, pki.receipt_verifying,
        pki.audit_signing, pki.audit_verifying, pki.message_signing, pki.message_verifying,
    )  # fmt: skip


def _create(pki: Pki, now: datetime) -> None:
    """Write everything beside and rename the folder; who comes second keeps the first one's."""
    pki.folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{pki.folder.name}.", dir=pki.folder.parent))  # 0700
    try:
        _write_all(Pki(part), now)
        part.rename(pki.folder)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _write_all(pki: Pki, now: datetime) -> None:
    ca_key, ca = _authority(now)
    _write(pki.ca, ca.public_bytes(Encoding.PEM))
    for certificate, key_file, name, usage in (
        (pki.receiver, pki.receiver_key, "Saqshy receiver", ExtendedKeyUsageOID.SERVER_AUTH),
        (pki.centre, pki.centre_key, "Saqshy centre", ExtendedKeyUsageOID.CLIENT_AUTH),
    ):
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _leaf(name, usage, key, ca, now)
        signed = builder.sign(ca_key, hashes.SHA256())
        _write(certificate, signed.public_bytes(Encoding.PEM))
        _write(key_file, _private(key))
    _write(pki.folder / "ca.key.pem", _private(ca_key))
    for private_file, public_file in (
        (pki.centre_signing, pki.centre_verifying),
        (pki.receipt_signing, pki.receipt_verifying),
        (pki.audit_signing, pki.audit_verifying),
        (pki.message_signing, pki.message_verifying),
    ):
        signing = Ed25519PrivateKey.generate()
        public = signing.public_key()
        _write(private_file, _private(signing))
        _write(public_file, public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    _write(pki.folder / "README.md", _README.encode())


def _authority(now: datetime) -> tuple[Key, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Saqshy development CA")])
    builder = (
        _builder(name, name, key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
    )
    return key, builder.sign(key, hashes.SHA256())


def _leaf(
    name: str, usage: x509.ObjectIdentifier, key: Key, ca: x509.Certificate, now: datetime
) -> x509.CertificateBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer_key = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        _builder(subject, ca.subject, key, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_key),
            critical=False,
        )
    )
    if usage == ExtendedKeyUsageOID.SERVER_AUTH:
        local = [x509.IPAddress(ip_address(one)) for one in ("127.0.0.1", "::1")]
        names = x509.SubjectAlternativeName([x509.DNSName("localhost"), *local])
        builder = builder.add_extension(names, critical=False)
    return builder


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Key, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # a machine's clock may be set back a little
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _private(key: Key | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
