# SPDX-License-Identifier: Apache-2.0
"""What goes wrong in a store is one sentence of ours, soon, and never passes for a trial without a model."""

from __future__ import annotations

import json
import logging
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from fsspec.config import conf
from fsspec.registry import _registry

from kfp_katib.errors import InputError, NoCheckpoint, StorageError
from kfp_katib.storage import collect, promote, prune, read_checkpoint, stores
from kfp_katib.storage.places import check, place
from tests.builders.model import THREE, TRIALS, contents, write_model
from tests.builders.result import result
from tests.support.gate import Gate
from tests.support.loopback import listening


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between its attempts gcsfs waits for half a minute in all; here it does not."""

    async def at_once(_: float) -> None:
        pass

    monkeypatch.setattr("gcsfs.retry.asyncio", SimpleNamespace(sleep=at_once))


Answer = Callable[[dict[str, list[str]]], tuple[int, bytes]]


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """A server that answers every question in one way, by what is asked for."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer(parse_qs(urlsplit(self.path).query))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with listening(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield f"http://127.0.0.1:{port}"


def error(status: int, message: str) -> tuple[int, bytes]:
    """An answer as Google Cloud Storage words it."""
    return status, json.dumps({"error": {"code": status, "message": message}}).encode()


ANSWERS = {
    "nobody": (
        error(401, "Anonymous caller does not have storage.objects.get access"),
        "HttpError: Anonymous",
    ),
    "no rights": (
        error(403, "sa@project does not have storage.objects.list access"),
        "Forbidden: .* sa@proj",
    ),
    "invalid": (error(400, "invalid argument"), "ValueError: Bad Request"),
    "others pay": (
        error(400, "Bucket is a requester pays bucket but no user project provided."),
        "Set FSSPEC_GS_REQUESTER_PAYS to the name of the project that pays",
    ),
    "overloaded": (error(503, "Backend Error"), "HttpError: Backend Error, 503"),
    "a proxy": ((502, b"<html>"), "ProxyError"),
    "a page for a login": ((200, b"<html>"), "JSONDecodeError"),
}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("answer", "message"), ANSWERS.values(), ids=ANSWERS)
def test_what_google_refuses_is_trouble(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    answer: tuple[int, bytes],
    message: str,
) -> None:
    """In one line that names what we were doing; the next best trial's model is not taken instead."""
    with answering(lambda _: answer) as address, caplog.at_level(logging.DEBUG):
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", address)
        with pytest.raises(
            StorageError, match=rf"(?s)reading gs://b/tune/tune-1/model\.json: .*{message}"
        ) as caught:
            collect(result(THREE), "gs://b", tmp_path / "out")
    assert not isinstance(caught.value, NoCheckpoint)
    assert len(str(caught.value).splitlines()) == 1
    assert not [record for record in caplog.records if record.exc_info]


def test_who_pays_for_a_bucket_stands_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the message says; fsspec makes the setting of FSSPEC_GS_REQUESTER_PAYS when it is first imported."""
    asked: list[dict[str, list[str]]] = []

    def answer(query: dict[str, list[str]]) -> tuple[int, bytes]:
        asked.append(query)
        return error(404, "Not Found")

    monkeypatch.setitem(conf, "gs", {"requester_pays": "payer"})
    with answering(answer) as address:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", address)
        with pytest.raises(NoCheckpoint):
            read_checkpoint("gs://b/t1")
    assert {tuple(query.get("userProject", ())) for query in asked} == {("payer",)}


@pytest.mark.usefixtures("impatient")
def test_a_server_that_is_silent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """By itself gcsfs would wait for ever."""
    monkeypatch.setattr(stores, "_SILENT", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{silent.getsockname()[1]}")
        started = time.monotonic()
        with pytest.raises(StorageError, match=r"reading gs://b/t1/model\.json: FSTimeoutError\. Check"):
            read_checkpoint("gs://b/t1")
    assert time.monotonic() - started < 10


@pytest.mark.usefixtures("impatient")
def test_a_server_that_is_not_there_is_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """It must not pass for a trial without a model."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9")
    with pytest.raises(StorageError, match=r"ClientConnectorError: .*Check the address") as caught:
        read_checkpoint("gs://b/t1")
    assert not isinstance(caught.value, NoCheckpoint)


def test_missing_credentials_are_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """In Google's own words, which name the file or how to log in; by itself gcsfs would go on as nobody."""
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")
    with pytest.raises(
        StorageError, match=r"looking for Google's credentials: .*/nowhere\.json was not found"
    ):
        read_checkpoint("gs://b/t1")


def test_an_address_is_checked_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """What only plans a search has none."""
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")
    check("gs://b/models", "the models")
    with pytest.raises(InputError, match=r"the models: .* names no bucket"):
        check("gs:/b", "the models")


@pytest.mark.parametrize(("scheme", "package"), [("s3", "s3fs"), ("gs", "gcsfs")])
def test_a_package_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, scheme: str, package: str
) -> None:
    """As the extra that brings it."""
    monkeypatch.delitem(_registry, scheme, raising=False)  # fsspec keeps what an earlier test has loaded
    for module in (package, f"{package}.core"):
        monkeypatch.setitem(sys.modules, module, None)
    for look in (place, lambda uri: check(uri, "the models")):
        with pytest.raises(
            StorageError, match=rf"{scheme}:// needs a package .*Install kfp-katib\[{scheme}\]"
        ):
            look(f"{scheme}://bucket/models")


def test_each_bucket_is_asked_in_the_plain_way(gs_bucket: str) -> None:
    """Not in the one that first asks another service of Google's, for up to a minute."""
    assert type(place(gs_bucket).store).__module__ == "gcsfs.core"


def test_without_rights_nothing_is_taken_for_missing(
    bucket: str, endpoint: str, gate: Gate, tmp_path: Path
) -> None:
    """Neither a trial's model nor a release nor what is to be pruned; and nothing is changed."""
    write_model(f"{bucket}/tune/tune-1", endpoint_url=endpoint)
    write_model(f"{tmp_path}/copy")
    before = contents(bucket, endpoint)
    gate.reset(lambda _: True)
    for work in (
        lambda: collect(result(THREE), bucket, tmp_path / "out", endpoint_url=endpoint),
        lambda: promote(tmp_path / "copy", f"{bucket}/release", endpoint_url=endpoint),
        lambda: prune(bucket, "tune", "tune-1", trials=TRIALS, copy=tmp_path / "copy", endpoint_url=endpoint),
    ):
        with pytest.raises(StorageError, match=r"Forbidden|AccessDenied|refused by the test") as caught:
            work()
        assert not isinstance(caught.value, NoCheckpoint)
    gate.reset()
    assert contents(bucket, endpoint) == before


@pytest.mark.usefixtures("gs_bucket")
def test_a_bucket_of_google_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Where a model goes, and where one is looked for."""
    write_model(f"{tmp_path}/model")
    with pytest.raises(
        StorageError, match=r"writing the model to gs://none/release: there is no bucket 'none'"
    ):
        promote(tmp_path / "model", "gs://none/release")
    with pytest.raises(NoCheckpoint, match=r"reading gs://none/t1/model\.json: there is no bucket 'none'"):
        read_checkpoint("gs://none/t1")
