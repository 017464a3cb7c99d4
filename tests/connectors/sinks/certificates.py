"""Certificates as tests need them: for any name, expired, revoked, of whichever authority."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Leaf:
    """A server's certificate and its key, as files."""

    certificate: Path
    key: Path
    serial: int


class Authority:
    """An authority of a test's own, in a folder."""

    def __init__(self, folder: Path, name: str = "test authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._name = folder, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key: EllipticCurvePrivateKey = generate_private_key(SECP256R1())
        self.now = datetime.now(UTC)
        certificate = (
            self._builder(self._name, self.now + 30 * DAY)
            .public_key(self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, SHA256())
        )
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(certificate.public_bytes(Encoding.PEM))

    @classmethod
    def of(cls, folder: Path) -> "Authority":
        """Give the authority of a development PKI, whose key lies in its folder."""
        made = cls.__new__(cls)
        made.folder, made.now, made.ca = folder, datetime.now(UTC), folder / "ca.pem"
        key = load_pem_private_key((folder / "ca.key.pem").read_bytes(), None)
        assert isinstance(key, EllipticCurvePrivateKey)
        made._key = key
        made._name = x509.load_pem_x509_certificate(made.ca.read_bytes()).subject
        return made

    @staticmethod
    def serial(certificate: Path) -> int:
        """Give a certificate's serial number."""
        return x509.load_pem_x509_certificate(certificate.read_bytes()).serial_number

    def leaf(self, *names: str, ends: timedelta = DAY) -> Leaf:
        """Make a server's certificate for these names; ``ends`` from now, or before it."""
        key = generate_private_key(SECP256R1())
        serial = x509.random_serial_number()
        alternative = [
            x509.IPAddress(ip_address(one)) if one[0].isdigit() else x509.DNSName(one)
            for one in names
        ]
        certificate = (
            self._builder(
                x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])]),
                self.now + ends,
                serial,
            )
            .public_key(key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.SubjectAlternativeName(alternative), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
            .sign(self._key, SHA256())
        )
        made = Leaf(self.folder / f"{serial}.pem", self.folder / f"{serial}.key.pem", serial)
        made.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
        made.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return made

    def revoked(self, *serials: int, number: int = 1, ends: timedelta = DAY) -> Path:
        """Write the list of what is revoked; ``ends`` from now, or before it."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._name)
            .last_update(self.now - 2 * DAY + timedelta(seconds=number))
            .next_update(self.now + ends)
            .add_extension(x509.CRLNumber(number), critical=False)
        )
        for serial in serials:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(serial)
                .revocation_date(self.now - DAY)
                .build()
            )
        path = self.folder / "crl.pem"
        path.write_bytes(builder.sign(self._key, SHA256()).public_bytes(Encoding.PEM))
        return path

    def _builder(
        self, subject: x509.Name, ends: datetime, serial: int = 0
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .serial_number(serial or x509.random_serial_number())
            .not_valid_before(self.now - 30 * DAY)
            .not_valid_after(ends)
        )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
