# SPDX-License-Identifier: Apache-2.0
"""Where a registry is, and which token it may see."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfp_katib.errors import InputError
from kfp_katib.registry import endpoint
from kfp_katib.registry.endpoint import TOKEN_VARIABLE, base_url, namespace, token


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What Kubernetes puts into a pod."""
    (tmp_path / "token").write_text("of-the-pod\n")
    (tmp_path / "namespace").write_text("physics\n")
    monkeypatch.setattr(endpoint, "SERVICE_ACCOUNT", tmp_path)
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("registry", "https://registry"),
        ("registry:8080", "https://registry:8080"),
        (" registry:8080/ ", "https://registry:8080"),
        ("http://registry:8080", "http://registry:8080"),
        ("HTTP://registry:8080", "HTTP://registry:8080"),
        ("https://host/registries/mine/", "https://host/registries/mine"),
        ("http://host:8080/api/model_registry/v1alpha3/registered_models", "http://host:8080"),
        ("[::1]:8080", "https://[::1]:8080"),
    ],
)
def test_an_address_may_be_written_in_many_ways(address: str, url: str) -> None:
    """With a scheme or without, with a path before the API, or as the API's own URL."""
    assert base_url(address) == url


def test_an_address_without_a_scheme_can_mean_http() -> None:
    """A scheme of its own counts for more."""
    assert base_url("registry:8080", is_secure=False) == "http://registry:8080"
    assert base_url("https://registry", is_secure=False) == "https://registry"


@pytest.mark.parametrize(
    "address",
    [
        " ",
        "http://",
        "ftp://registry",
        "registry:port",
        "registry:0",
        "registry:99999",
        "http://[::1",
        "my registry",
        "registry?x=1",
        "registry#x",
        "regis\ntry",
        "http://me:secret@registry",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    """In one line, and never with a password in it."""
    with pytest.raises(InputError, match="which is no address of a Model Registry") as caught:
        base_url(address)
    assert len(str(caught.value).splitlines()) == 1
    assert "secret" not in str(caught.value)


def test_the_pods_own_token_is_sent(pod: Path) -> None:
    """As the registry's own client does."""
    assert token("https://registry") == "of-the-pod"


def test_another_token_can_be_named(pod: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the variable that the registry's own client reads."""
    (pod / "other").write_text("another")
    monkeypatch.setenv(TOKEN_VARIABLE, str(pod / "other"))
    assert token("https://registry") == "another"


def test_a_named_token_that_is_not_there_is_told(pod: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To go on without it would end in a refusal that says less."""
    monkeypatch.setenv(TOKEN_VARIABLE, str(pod / "none"))
    with pytest.raises(InputError, match=r"KF_PIPELINES_SA_TOKEN_PATH is '.*none', which cannot be read"):
        token("https://registry")


@pytest.mark.parametrize("url", ["http://registry", "HTTP://registry", "http://127.0.0.1:8080"])
def test_no_token_travels_in_clear_text(pod: Path, url: str) -> None:
    """Whoever listens could use it against the whole cluster."""
    assert token(url) == ""


def test_outside_of_a_pod_there_is_no_token(pod: Path) -> None:
    """And no namespace."""
    (pod / "token").unlink()
    (pod / "namespace").unlink()
    assert (token("https://registry"), namespace()) == ("", "")


def test_the_namespace_is_the_pods(pod: Path) -> None:
    """It tells the registry whose run it was."""
    assert namespace() == "physics"
