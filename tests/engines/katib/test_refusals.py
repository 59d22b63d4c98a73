# SPDX-License-Identifier: Apache-2.0
"""What a cluster refuses is told in its own words, with what to do."""

from __future__ import annotations

import json

import kubernetes
import pytest
import urllib3

from kfp_katib.engines.katib.api.refusals import no_answer, refusal

GONE = "the server could not find the requested resource"


def refused(status: int, body: str) -> kubernetes.client.ApiException:
    """The client's error for an answer."""
    error = kubernetes.client.ApiException(status=status, reason="Reason")
    error.body = body
    return error


@pytest.mark.parametrize(
    ("status", "message", "says"),
    [
        (
            401,
            "Unauthorized",
            "GET /x: 401: Unauthorized. The sign-in of your kubeconfig is wrong or has expired",
        ),
        (403, "no right", "GET /x: 403: no right. The account lacks that right (deploy/rbac grants"),
        (404, GONE, f"GET /x: 404: {GONE}. Katib is not installed in this cluster"),
        (404, 'experiments "x" not found', 'GET /x: 404: experiments "x" not found'),
        (500, "boom", "GET /x: 500: boom"),
    ],
)
def test_a_refusal_has_its_mend(status: int, message: str, says: str) -> None:
    """The server's own message stays."""
    error = refusal(refused(status, json.dumps({"message": message, "reason": "R"})), "GET /x")
    assert str(error).startswith(says)
    assert (error.status, error.reason) == (status, "R")


@pytest.mark.parametrize("body", ["", "[]", "<html>no</html>"])
def test_a_proxy_may_answer_anything(body: str) -> None:
    """It is quoted, or the status line is."""
    assert str(refusal(refused(502, body), "GET /x")) == f"GET /x: 502: {body if '<' in body else 'Reason'}"


def test_a_server_that_does_not_answer_is_named_without_the_clients_own_words() -> None:
    """The cause is what the system said."""
    cause = urllib3.exceptions.NewConnectionError("HTTPSConnection(host='a', port=1)", "Connection refused")  # type: ignore[arg-type]
    error = urllib3.exceptions.MaxRetryError(None, "/x", cause)  # type: ignore[arg-type]
    told = str(no_answer(error, "GET /x", "https://a:1"))
    assert told.startswith("GET /x: no answer from https://a:1: Connection refused. Is the cluster up")
