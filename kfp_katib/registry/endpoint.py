# SPDX-License-Identifier: Apache-2.0
"""Where a Model Registry is, and with which token it is spoken to there."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from kfp_katib.errors import InputError

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where Kubernetes puts a pod's own token and the name of its namespace."""

TOKEN_VARIABLE = "KF_PIPELINES_SA_TOKEN_PATH"
"""Names the file of another token, to this module as to the registry's own client."""


def base_url(address: str, *, is_secure: bool = True) -> str:
    """The URL below which the registry's API is.

    Args:
        address: As a user writes it: `host`, `host:8080`, `https://host/registry`, or the API's own URL.
        is_secure: Whether an address without a scheme means https.

    Raises:
        InputError: It names no host, or something that a registry's address does not have.
    """
    url = address.strip().partition("/api/model_registry")[0]
    if "://" not in url:
        url = f"{'https' if is_secure else 'http'}://{url}"
    url = url.rstrip("/")
    try:
        parts = urlsplit(url)
        fit = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and url.isprintable()
    except ValueError:  # a port that is no number, half an IPv6 address
        fit = False
    if not fit or parts.username is not None or parts.query or parts.fragment or " " in url:
        shown = address.rpartition("@")[2]  # a password is not for a log
        raise InputError(
            f"registry is {shown!r}, which is no address of a Model Registry. Give its host and port, "
            "such as http://model-registry-service.kubeflow.svc.cluster.local:8080, and no password or query."
        )
    return url


def token(url: str) -> str:
    """The token to send there: of the file that KF_PIPELINES_SA_TOKEN_PATH names, else the pod's own.

    Empty where there is none, and for http: whoever listens could use it against the whole cluster.

    Raises:
        InputError: The file that the variable names cannot be read.
    """
    if not url.startswith("https://"):
        return ""
    named = os.environ.get(TOKEN_VARIABLE, "")
    try:
        return Path(named or SERVICE_ACCOUNT / "token").read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        if named:
            raise InputError(f"{TOKEN_VARIABLE} is {named!r}, which cannot be read: {error}.") from error
        return ""


def namespace() -> str:
    """The namespace of this pod, empty where this is none."""
    try:
        return (SERVICE_ACCOUNT / "namespace").read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""
