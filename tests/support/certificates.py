# SPDX-License-Identifier: Apache-2.0
"""What a server on loopback shows by TLS, and whom a client has to trust for it."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_CRITICAL = (x509.BasicConstraints, x509.KeyUsage)
_MAY_SIGN = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files in PEM: whom a client trusts, and what a server shows.

    Attributes:
        authority: The certificate of the authority that signed the server's.
        certificate: The server's, and the authority's behind it.
        key: The server's private key.
    """

    authority: Path
    certificate: Path
    key: Path

    def tls(self) -> ssl.SSLContext:
        """What such a server wraps its sockets by."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def certificates(folder: Path, hosts: Sequence[str]) -> Certificates:
    """Make an authority, and the certificate of a server that answers for some hosts, by name or address."""
    authority, server = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    trusted = _certificate("tests", authority, authority, x509.BasicConstraints(True, None), _MAY_SIGN)
    names = x509.SubjectAlternativeName([_host(host) for host in hosts])
    shown = _certificate(hosts[0], server, authority, names)
    files = Certificates(*(folder / name for name in ("authority.pem", "certificate.pem", "key.pem")))
    files.authority.write_bytes(trusted)
    files.certificate.write_bytes(shown + trusted)
    files.key.write_bytes(server.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    authority: ec.EllipticCurvePrivateKey,
    *extensions: x509.ExtensionType,
) -> bytes:
    """A certificate of the authority `tests`, with all that RFC 5280 asks for: Python 3.13 is strict."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name("tests"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )
    keys = (
        x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
        x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()),
    )
    for each in (*extensions, *keys):
        builder = builder.add_extension(each, critical=isinstance(each, _CRITICAL))
    return builder.sign(authority, hashes.SHA256()).public_bytes(Encoding.PEM)


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
