# SPDX-License-Identifier: Apache-2.0
"""What it costs to wait for an Experiment: requests, and seconds from Katib's verdict to the Result.

Run it as `python -m benchmarks.cluster.waiting PYTHON` with a KUBECONFIG, a namespace in KFP_KATIB_NAMESPACE
that is enabled for Katib, and the Python of an environment of its own that has kubeflow-katib 0.19 and
kubernetes 30 (it cannot read an Experiment with kubernetes 37). Its
`wait_for_experiment_condition` does the same, with its own interval of 15 s and with 1 s. All wait through a
counting proxy, in turns; a watch of its own notes when the verdict is there.
"""

from __future__ import annotations

import os
import queue
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

from kfp_katib.cluster import cancel, read, run
from kfp_katib.cluster.connect import connect
from kfp_katib.cluster.kinds import EXPERIMENTS
from kfp_katib.cluster.stream import Change, Watch
from kfp_katib.experiment import Experiment, load
from tests.cluster.engine.proxy import proxied
from tests.cluster.manifests import small

IMAGE = os.environ.get("KFP_KATIB_TEST_IMAGE", "localhost/python:3.11")
NAMESPACE = os.environ.get("KFP_KATIB_NAMESPACE", "kubeflow")
TURNS = 3
PEER = """
import json, sys, time
from kubeflow.katib import KatibClient
name, namespace, manifest, interval = sys.argv[1:]
client = KatibClient(namespace=namespace)
client.create_experiment(json.loads(manifest), namespace=namespace)
client.wait_for_experiment_condition(
    name, namespace, expected_condition="Succeeded", timeout=600, polling_interval=int(interval)
)
client.get_optimal_hyperparameters(name, namespace)
client.list_trials(name, namespace)
print(time.time())
"""
Wait = Callable[[Experiment], float]


def ours(experiment: Experiment) -> float:
    """Wait as the launcher does; gives the time of return."""
    assert run(experiment, namespace=NAMESPACE).succeeded
    return time.time()


def theirs(python: str, interval: int) -> Wait:
    """Wait as KatibClient does, and read the best trial and all others."""

    def wait(experiment: Experiment) -> float:
        command = [python, "-c", PEER, experiment.name, NAMESPACE, experiment.manifest_json, str(interval)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        return float(done.stdout.split()[-1])

    return wait


def measure(wait: Wait) -> tuple[float, int]:
    """Seconds from the verdict to the return, and requests, for four trials of two seconds."""
    name = f"bench-{secrets.token_hex(4)}"
    experiment = load(small(name, IMAGE, prints="echo loss=${trialParameters.lr}"))
    seen: list[float] = []
    observer = Thread(target=_note_verdict, args=(name, seen), daemon=True)
    observer.start()
    kubeconfig = os.environ["KUBECONFIG"]
    with tempfile.TemporaryDirectory() as folder, proxied(Path(folder), NAMESPACE) as (file, traffic):
        os.environ["KUBECONFIG"] = str(file)
        try:
            returned = wait(experiment)
        finally:
            os.environ["KUBECONFIG"] = kubeconfig
    observer.join()
    cancel(name, namespace=NAMESPACE)
    return returned - seen[0], len(traffic.exchanges)


def _note_verdict(name: str, seen: list[float]) -> None:
    inbox: queue.SimpleQueue[Change] = queue.SimpleQueue()
    with connect(NAMESPACE) as cluster:
        watch = Watch(cluster, EXPERIMENTS, {"fieldSelector": f"metadata.name={name}"}, inbox)
        watch.start()
        while not any(read.verdict(each).final for each in inbox.get().objects):
            pass
        seen.append(time.time())
        watch.stop()


def main() -> None:
    """Print one line for each way to wait."""
    ways: dict[str, Wait] = {"kfp_katib.cluster.run": ours}
    if sys.argv[1:]:
        ways |= {f"KatibClient, every {each} s": theirs(sys.argv[1], each) for each in (15, 1)}
    found: dict[str, list[tuple[float, int]]] = {way: [] for way in ways}
    for _ in range(TURNS):
        for way, wait in ways.items():
            found[way].append(measure(wait))
    for way, turns in found.items():
        seconds, requests = zip(*turns, strict=True)
        print(
            f"{way:28} {statistics.median(seconds):7.3f} s after the verdict "
            f"({min(seconds):.3f} to {max(seconds):.3f}), {statistics.median(requests):g} requests"
        )


if __name__ == "__main__":
    main()
