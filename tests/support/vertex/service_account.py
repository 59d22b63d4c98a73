# SPDX-License-Identifier: Apache-2.0
"""A service account for a client of Google's."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

PROJECT = "project"
"""The project of the service account."""


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
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
