# SPDX-License-Identifier: Apache-2.0
"""What the API server refused, in its own words, and what to do about the usual refusals."""

from __future__ import annotations

import json

import kubernetes
import urllib3

from kfp_katib.errors import ClusterError

_NO_SUCH_RESOURCE = "could not find the requested resource"
_MENDS = {
    401: "The sign-in of your kubeconfig is wrong or has expired. Sign in to the cluster again; then this "
    "works: kubectl get experiments",
    403: "The account lacks that right (deploy/rbac grants what a search needs). Ask for it, or choose "
    "another namespace.",
}
"""What to do, by the status."""


def refusal(error: kubernetes.client.ApiException, what: str) -> ClusterError:
    """The server's Status as an error with its own message; an answer from a proxy need not be JSON.

    Args:
        error: What the client raised.
        what: The request.
    """
    text = error.body.decode(errors="replace") if isinstance(error.body, bytes) else error.body or ""
    try:
        status = json.loads(text)
    except ValueError:
        status = {"message": text.strip()[:500]}
    status = status if isinstance(status, dict) else {}
    message = str(status.get("message") or error.reason)
    mend = _MENDS.get(error.status or 0, "")
    if error.status == 404 and _NO_SUCH_RESOURCE in message:
        mend = "Katib is not installed in this cluster, or is too old for its v1beta1 API."
    said = f"{what}: {error.status}: {message}"
    return ClusterError(
        f"{said.rstrip('.')}. {mend}" if mend else said,
        status=error.status or 0,
        reason=str(status.get("reason") or ""),
    )


def no_answer(error: urllib3.exceptions.HTTPError, what: str, address: str) -> ClusterError:
    """The error for a request that no server answered.

    Args:
        error: What the client raised.
        what: The request.
        address: The server that was asked.
    """
    cause = getattr(error, "reason", None) or error
    why = str(cause).rpartition("HTTPSConnection(")[2].rpartition("): ")[2] or str(cause)
    fix = "Is the cluster up, and is it the one that you mean (kubectl config current-context)?"
    return ClusterError(f"{what}: no answer from {address}: {why.rstrip('.')}. {fix}")
