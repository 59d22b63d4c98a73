# SPDX-License-Identifier: Apache-2.0
"""The connection and its watches: what is found, what is survived, and what is said when nothing helps."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import certifi
import pytest
import urllib3
from kubernetes.config import incluster_config

from kfp_katib import load, run
from kfp_katib.engines.katib.api.client import connect
from kfp_katib.engines.katib.api.resources import EXPERIMENTS, PODS, TRIALS
from kfp_katib.engines.katib.api.watches import Change, Watch
from kfp_katib.errors import ClusterError
from tests.builders.valid import random
from tests.engines.katib.live.engine.proxy import write_kubeconfig
from tests.engines.katib.replay.server import Api, Serve


def trial(name: str) -> dict[str, Any]:
    """A Trial of Experiment x."""
    labels = {"katib.kubeflow.org/experiment": "x"}
    return {"kind": "Trial", "metadata": {"name": name, "uid": name, "labels": labels}, "status": {}}


def names(change: Change) -> list[str]:
    """The names in a change."""
    return [each["metadata"]["name"] for each in change.objects]


def test_the_namespace_is_the_one_asked_for_else_the_contexts(serve: Serve) -> None:
    """As kubectl has it."""
    serve(Api())
    with connect() as own, connect("other") as asked:
        assert (own.namespace, asked.namespace) == ("team", "other")


def test_only_a_run_may_go_elsewhere_without_a_cluster(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nobody has to know what a kubeconfig is to go on."""
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "absent"))
    only = r"there is no file .*/absent\. Set KUBECONFIG .* Katib\.$"
    with pytest.raises(ClusterError, match=only), connect():
        pass
    with pytest.raises(ClusterError, match=r"Or run it here: engine='local' needs no cluster\.$"):
        run(load(random()), engine="katib")


@pytest.mark.parametrize(
    "content", ["", "a: [", "- a", "clusters: 7", "\x00", "apiVersion: v1\nkind: Config"]
)
def test_a_broken_kubeconfig_is_named(content: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever the client makes of it; to watch, no other engine will do."""
    file = tmp_path / "kubeconfig"
    file.write_text(content)
    monkeypatch.setenv("KUBECONFIG", str(file))
    with pytest.raises(ClusterError, match=rf"{file} is no kubeconfig: .*that has Katib\.$"), connect():
        pass


def test_a_server_that_is_not_there_is_named(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """After a few attempts, with its address."""
    serve(Api())
    monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path, "http://127.0.0.1:9", "team")))
    with (
        connect() as cluster,
        pytest.raises(ClusterError, match=r"no answer from http://127\.0\.0\.1:9"),
    ):
        cluster.get(EXPERIMENTS, "x")


def test_attempts_that_fail_are_not_told_one_by_one(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What lasts is said once by us; what others ask by way of urllib3 is theirs to be told."""
    serve(Api())
    monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path, "http://127.0.0.1:9", "team")))
    with connect() as cluster, pytest.raises(ClusterError):
        cluster.get(EXPERIMENTS, "x")
    assert caplog.records == []
    with pytest.raises(urllib3.exceptions.MaxRetryError), urllib3.PoolManager() as pool:
        pool.request("GET", "http://127.0.0.1:9", retries=urllib3.Retry(1, backoff_factor=0))
    assert "Retrying" in caplog.text


def test_a_refusal_keeps_the_servers_words(serve: Serve) -> None:
    """Status, reason and message are Kubernetes' own."""
    serve(Api())
    with connect() as cluster, pytest.raises(ClusterError, match='experiments "x" not found') as error:
        cluster.get(EXPERIMENTS, "x")
    assert (error.value.status, error.value.reason) == (404, "NotFound")


def test_long_lists_come_in_pages(serve: Serve) -> None:
    """Five hundred at a time, which no server refuses."""
    api = Api()
    for number in range(1100):
        api.store.put("trials", trial(f"t{number:04}"))
    serve(api)
    with connect() as cluster:
        found, version = cluster.list(TRIALS, labelSelector="katib.kubeflow.org/experiment=x")
    assert (len(found), len({each["metadata"]["name"] for each in found})) == (1100, 1100)
    assert (api.asked["GET trials"], version) == (3, "1101")


def test_the_servers_clock_counts(serve: Serve) -> None:
    """Timeouts count from a time that the server has written, and its clock may be hours away."""
    api = Api()
    api.ahead_seconds = 7200
    serve(api)
    with connect() as cluster:
        cluster.list(EXPERIMENTS)
        ahead = cluster.now() - datetime.now(UTC)
    assert abs(ahead.total_seconds() - 7200) < 5


def test_a_delete_of_what_is_gone_is_done(serve: Serve) -> None:
    """Whoever was first."""
    api = Api()
    api.store.put("trials", trial("t"))
    serve(api)
    with connect() as cluster:
        assert [cluster.delete(TRIALS, "t"), cluster.delete(TRIALS, "t")] == [True, False]


@pytest.fixture
def watching(serve: Serve) -> Callable[[Api], tuple[Watch, queue.SimpleQueue[Change]]]:
    """A watch of trials at a server, not yet started."""

    def make(api: Api) -> tuple[Watch, queue.SimpleQueue[Change]]:
        serve(api)
        inbox: queue.SimpleQueue[Change] = queue.SimpleQueue()
        with connect() as cluster:
            return Watch(cluster, TRIALS, {}, inbox), inbox

    return make


def test_a_watch_lists_and_then_tells_changes(
    watching: Callable[[Api], tuple[Watch, queue.SimpleQueue[Change]]],
) -> None:
    """In order, without what nobody reads."""
    api = Api()
    api.store.put("trials", trial("a"))
    watch, inbox = watching(api)
    watch.start()
    assert (inbox.get(timeout=5).type, api.store.put("trials", trial("b"))["kind"]) == ("LISTED", "Trial")
    change = inbox.get(timeout=5)
    assert (change.type, names(change)) == ("ADDED", ["b"])
    watch.stop()


def test_a_watch_that_is_too_old_lists_again(
    watching: Callable[[Api], tuple[Watch, queue.SimpleQueue[Change]]],
) -> None:
    """410 Gone comes whenever etcd was compacted in between; what was missed is in the new list."""
    api = Api()
    watch, inbox = watching(api)
    api.store.put("trials", trial("known"))
    watch.start()
    assert names(inbox.get(timeout=5)) == ["known"]
    api.expired = True
    api.store.put("trials", trial("missed"))
    change = inbox.get(timeout=5)
    assert (change.type, names(change)) == ("LISTED", ["known", "missed"])
    watch.stop()


def test_a_watch_ends_at_once_when_it_is_told_to(
    watching: Callable[[Api], tuple[Watch, queue.SimpleQueue[Change]]],
) -> None:
    """Although it waits for a line that the server will not send."""
    before = threading.active_count()
    watch, inbox = watching(Api())
    watch.start()
    inbox.get(timeout=5)
    start = time.monotonic()
    watch.stop()
    while any(thread.name == "watch-trials" for thread in threading.enumerate()):
        assert time.monotonic() - start < 2, before
        time.sleep(0.01)


def test_what_may_not_be_watched_is_told_once(serve: Serve) -> None:
    """The other watches go on; whether the search can, is for others to judge."""
    api = Api()
    api.forbidden = {"pods"}
    serve(api)
    inbox: queue.SimpleQueue[Change] = queue.SimpleQueue()
    with connect() as cluster:
        Watch(cluster, PODS, {}, inbox).start()
        change = inbox.get(timeout=5)
    assert (change.type, change.error and change.error.status) == ("DENIED", 403)


def test_in_a_pod_its_own_account_is_used(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Token, namespace and server are where Kubernetes puts them."""
    serve(Api())
    monkeypatch.delenv("KUBECONFIG")
    for name, text in (("token", "t0ken"), ("namespace", "profile"), ("ca.crt", certifi.contents())):
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    monkeypatch.setattr("kfp_katib.engines.katib.api.kubeconfig._SERVICE_ACCOUNT", tmp_path)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    with connect() as cluster:
        assert (cluster.namespace, cluster.address) == ("profile", "https://10.96.0.1:443")
