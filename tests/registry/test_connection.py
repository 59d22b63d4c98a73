# SPDX-License-Identifier: Apache-2.0
"""A connection: which API it finds, what it repeats, and what it says of an answer that it cannot use."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest

import kfp_katib.registry.connection
from kfp_katib.errors import InputError, ServiceError
from kfp_katib.registry.connection import Connection
from kfp_katib.registry.endpoint import TOKEN_VARIABLE
from tests.support.certificates import certificates
from tests.support.registry import Dropped, Fault, Registry, registry_server
from tests.support.registry_contents import Answer

AT_ONCE = (0.0, 0.0)
"""Two more attempts, without waiting."""


def failing(answer: Answer | None, *, times: int = 99) -> Fault:
    """A fault of the first requests: an answer, or None for a dropped connection."""

    def fault(number: int) -> Answer | None:
        if number <= times and answer is None:
            raise Dropped
        return answer if number <= times else None

    return fault


def ask(registry: Registry) -> object:
    """Look for a registered model."""
    with Connection(registry.url, waits=AT_ONCE) as connection:
        return connection.get("registered_model", name="none")


@pytest.mark.parametrize("api", ["v1", "v1alpha3"])
def test_both_versions_of_the_api_are_spoken(registry: Registry, api: str) -> None:
    """Servers up to 0.3.8 know the older one alone."""
    registry.apis = (api,)
    assert ask(registry) is None
    assert registry.asked[-1].path == f"/api/model_registry/{api}/registered_model"


def test_of_two_versions_the_newer_is_taken(registry: Registry) -> None:
    """It is the one that will stay."""
    registry.apis = ("v1alpha3", "v1")
    assert ask(registry) is None
    assert {asked.path.split("/")[3] for asked in registry.asked} == {"v1"}


def test_something_else_is_no_registry(registry: Registry) -> None:
    """Such as the dashboard's own address."""
    registry.apis = ()
    with pytest.raises(ServiceError, match=r"is no Model Registry: it has neither v1 nor v1alpha3") as caught:
        ask(registry)
    assert caught.value.status == 404


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(None, id="dropped"),
        pytest.param(Answer(429, ""), id="too many requests"),
        pytest.param(Answer(500, {"code": "500", "message": "Deadlock found"}), id="a fault"),
        pytest.param(Answer(503, "no healthy upstream"), id="not there yet"),
        pytest.param(
            Answer(200, '{"items"', {"Content-Length": "99", "Connection": "close"}), id="half an answer"
        ),
    ],
)
def test_what_may_pass_is_asked_again(registry: Registry, answer: Answer | None) -> None:
    """A registry that restarts does not fail a run."""
    registry.before = failing(answer, times=2)
    assert ask(registry) is None


@pytest.mark.parametrize(
    ("answer", "status", "message"),
    [
        (
            None,
            0,
            r"GET /api/model_registry/v1/registered_models got no answer \(.*\)\. Look whether it runs",
        ),
        (
            Answer(503, "no  healthy\nupstream"),
            503,
            r"answered with 503 .*no JSON object: no healthy upstream\.",
        ),
        (
            Answer(500, {"message": "Deadlock found."}),
            500,
            r"answered with 500: Deadlock found\. Look whether",
        ),
        (Answer(502, ""), 502, r"answered with 502 and nothing else\. Look whether it runs"),
    ],
)
def test_what_does_not_pass_is_told(
    registry: Registry, answer: Answer | None, status: int, message: str
) -> None:
    """After the last attempt, with the address, the request, the answer and what to do."""
    registry.before = failing(answer)
    with pytest.raises(ServiceError, match=message) as caught:
        ask(registry)
    assert str(caught.value).startswith(f"Model Registry {registry.url}: ")
    assert (caught.value.status, len(registry.asked)) == (status, 3)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(400, {"code": "400", "message": "bad"}), "answered with 400: bad. Give the address"),
        (Answer(401, ""), "No token was sent: that needs https"),
        (Answer(403, "RBAC: access denied"), "no JSON object: RBAC: access denied. No token was sent"),
        (Answer(302, "", {"Location": "/dex/auth"}), "answered with 302, a redirection to /dex/auth. Give"),
        (Answer(200, "<html>Log in</html>"), "answered with 200 and no JSON object: <html>Log in</html>"),
        (Answer(200, "[]"), "answered with 200 and no JSON object"),
    ],
)
def test_a_refusal_is_told_at_once(registry: Registry, answer: Answer, message: str) -> None:
    """It would be the same the next time; a page to log in at is no answer either."""
    registry.before = failing(answer)
    with pytest.raises(ServiceError, match=message):
        ask(registry)
    assert len(registry.asked) == 1


def test_each_further_attempt_is_logged(registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever watches a step sees what it waits for."""
    registry.before = failing(Answer(503, ""), times=1)
    with caplog.at_level(logging.WARNING):
        ask(registry)
    assert [record.message.endswith("Asking again in 0 s.") for record in caplog.records] == [True]


def test_nobody_there_is_told(registry: Registry) -> None:
    """With the system's own reason."""
    with pytest.raises(ServiceError, match=r"got no answer \(ConnectionError: .*Connection refused"):
        Connection("http://127.0.0.1:9", waits=()).__enter__()


def test_an_answer_is_not_waited_for_without_end(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry whose database hangs."""
    monkeypatch.setattr(kfp_katib.registry.connection, "_TIMEOUTS", (5.0, 1.0))
    registry.before = lambda number: time.sleep(2.0) if number == 1 else None
    assert ask(registry) is None


def test_a_list_is_read_to_its_end(registry: Registry) -> None:
    """Page by page."""
    registry.models = [{"id": str(number), "name": f"m{number}"} for number in range(1, 252)]
    with Connection(registry.url) as connection:
        names = [item["name"] for item in connection.items("registered_models")]
    assert (len(names), len(set(names)), len(registry.asked)) == (251, 251, 4)


def test_a_list_that_never_ends_is_left(registry: Registry) -> None:
    """A proxy that caches pages would hold a step for ever."""
    page = Answer(200, {"items": [{"name": "m"}], "nextPageToken": "same"})
    registry.before = lambda number: page if number > 1 else None
    with Connection(registry.url) as connection:
        assert [item["name"] for item in connection.items("registered_models")] == ["m", "m"]


def test_neither_a_token_nor_a_netrc_reaches_http(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests sends what ~/.netrc has for a host, unless it is told otherwise."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    (tmp_path / "token").write_text("secret")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv(TOKEN_VARIABLE, str(tmp_path / "token"))
    ask(registry)
    assert [asked.headers.get("Authorization") for asked in registry.asked] == [None, None]


def test_the_token_is_sent_by_https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To a server whose authority is named by REQUESTS_CA_BUNDLE; it stands in no message."""
    (tmp_path / "token").write_text("of-the-pod")
    monkeypatch.setenv(TOKEN_VARIABLE, str(tmp_path / "token"))
    made = certificates(tmp_path, ["127.0.0.1"])
    with registry_server(made.tls()) as registry:
        with pytest.raises(
            InputError, match=r"certificate is not trusted .*self.signed.* REQUESTS_CA_BUNDLE"
        ):
            ask(registry)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(made.authority))
        ask(registry)
        assert {asked.headers.get("Authorization") for asked in registry.asked} == {"Bearer of-the-pod"}
        registry.before = failing(Answer(403, ""))
        with pytest.raises(ServiceError, match="Give this step's service account the right") as caught:
            ask(registry)
    assert "of-the-pod" not in str(caught.value)
