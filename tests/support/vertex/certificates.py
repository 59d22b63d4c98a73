# SPDX-License-Identifier: Apache-2.0
"""What a client of Google's checks: the server's certificate, and a service account for itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

PROJECT = "project"
"""The project of the service account."""

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
        certificate: The server's.
        key: The server's private key.
    """

    authority: Path
    certificate: Path
    key: Path


def certificates(folder: Path, hosts: Sequence[str]) -> Certificates:
    """Make an authority, and the certificate of a server that answers for some hosts."""
    authority_key, server_key = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    signed_by = authority_key.public_key()
    authority = _certificate("tests", signed_by, signed_by, x509.BasicConstraints(True, None), _MAY_SIGN)
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
    server = _certificate(hosts[0], server_key.public_key(), signed_by, names)
    files = Certificates(*(folder / name for name in ("authority.pem", "certificate.pem", "key.pem")))
    for file, builder in ((files.authority, authority), (files.certificate, server)):
        file.write_bytes(builder.sign(authority_key, hashes.SHA256()).public_bytes(Encoding.PEM))
    files.key.write_bytes(_pem(server_key))
    return files


def _certificate(
    name: str,
    key: ec.EllipticCurvePublicKey,
    signed_by: ec.EllipticCurvePublicKey,
    *extensions: x509.ExtensionType,
) -> x509.CertificateBuilder:
    """A certificate of the authority `tests`, with all that RFC 5280 asks for: Python 3.13 is strict."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name("tests"))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )
    keys = (
        x509.SubjectKeyIdentifier.from_public_key(key),
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signed_by),
    )
    for each in (*extensions, *keys):
        builder = builder.add_extension(each, critical=isinstance(each, _CRITICAL))
    return builder


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def service_account(file: Path, token_uri: str) -> None:
    """Write the key of a service account, as the Google Cloud console gives it, for tokens of our own.

    The fields are those of https://cloud.google.com/iam/docs/keys-create-delete.
    """
    document = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "1",
        "private_key": _signing_key(),
        "client_email": f"tests@{PROJECT}.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": token_uri,
    }
    file.write_text(json.dumps(document))


@cache  # it takes a tenth of a second
def _signing_key() -> str:
    return _pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)).decode()


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
