# SPDX-License-Identifier: Apache-2.0
"""The cost of waiting for an Experiment: requests, and seconds from Katib's verdict to the Result.

Run it as `make bench-cluster` with a KUBECONFIG, and in KFP_KATIB_NAMESPACE a namespace that is enabled for
Katib. Our `run` submits an Experiment; KatibClient and OptimizerClient wait for the same one, each in its
own process and through its own counting proxy. A watch in this process notes when the verdict is there. All
trials have ended by then, as none of these Experiments has a goal. The peers' counts lack the one request
that would create the Experiment; ours include everything from looking for an earlier attempt to the logs.

OptimizerClient can only create trials that are TrainJobs; benchmarks/cluster/trainjobs.py lets it wait for
Jobs. Its requests for the stand-ins are counted, since it makes them on any cluster. With 100 trials they
slow everything down on a small machine, so seconds would mean little there.
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
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cluster.ways import OURS, Way, peers
from kfp_katib.engines.katib.api import verdicts
from kfp_katib.engines.katib.api.client import connect
from kfp_katib.engines.katib.api.resources import EXPERIMENTS
from kfp_katib.engines.katib.api.watches import Change, Watch
from kfp_katib.experiment import Experiment, load
from kfp_katib.results import Condition
from tests.engines.katib.live.engine.proxy import Traffic, proxied
from tests.engines.katib.live.manifests import small
from tests.engines.katib.running import cancel

IMAGE = os.environ.get("KFP_KATIB_TEST_IMAGE", "localhost/python:3.11")
NAMESPACE = os.environ.get("KFP_KATIB_NAMESPACE", "kubeflow")
TURNS = 5
SMALL = {"maxTrialCount": 4, "parallelTrialCount": 2}
LARGE = {"maxTrialCount": 100, "parallelTrialCount": 10, "maxFailedTrialCount": 10}
Changes = queue.SimpleQueue[Change]


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds from the verdict to the return, and the number of requests."""

    seconds: float
    requests: int


def measure(others: Mapping[str, Way], size: Mapping[str, int]) -> dict[str, Cost]:
    """Let all clients wait for one Experiment whose trials take two seconds, then delete it."""
    experiment = _experiment(size)
    with ExitStack() as stack:
        stack.callback(cancel, experiment.name, namespace=NAMESPACE)
        changes = stack.enter_context(_watched(experiment.name))
        waits = {"kfp_katib.engines.katib.run": stack.enter_context(_waiting(OURS, experiment))}
        _moment(changes, lambda verdict: True)  # it exists: the peers can wait for it
        waits |= {name: stack.enter_context(_waiting(way, experiment)) for name, way in others.items()}
        verdict = _moment(changes, lambda verdict: verdict.final)
        return {
            name: Cost(_returned(process) - verdict, len(traffic.exchanges))
            for name, (process, traffic) in waits.items()
        }


def _experiment(size: Mapping[str, int]) -> Experiment:
    manifest = small(f"bench-{secrets.token_hex(4)}", IMAGE)
    manifest["spec"] |= size
    return load(manifest)


@contextmanager
def _waiting(way: Way, experiment: Experiment) -> Iterator[tuple[subprocess.Popen[str], Traffic]]:
    """Start a process that waits, behind its own proxy."""
    with (
        tempfile.TemporaryDirectory() as folder,
        proxied(Path(folder), NAMESPACE, instead=way.instead) as (file, traffic),
        subprocess.Popen(
            way.command(experiment.name, NAMESPACE, experiment.manifest_json),
            env={**os.environ, "KUBECONFIG": str(file)},
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        yield process, traffic


def _returned(process: subprocess.Popen[str]) -> float:
    """When a waiting process knew everything, by its own last line."""
    out, _ = process.communicate(timeout=60)
    if process.returncode:
        raise SystemExit(f"{process.args!r} ended with exit code {process.returncode}")
    return float(out.split()[-1])


@contextmanager
def _watched(name: str) -> Iterator[Changes]:
    """Watch an Experiment; yields the queue of its changes."""
    changes: Changes = queue.SimpleQueue()
    with connect(NAMESPACE) as cluster:
        watch = Watch(cluster, EXPERIMENTS, {"fieldSelector": f"metadata.name={name}"}, changes)
        watch.start()
        yield changes
        watch.stop()


def _moment(changes: Changes, reached: Callable[[Condition], bool]) -> float:
    """When the Experiment reached a condition."""
    while not any(reached(verdicts.condition(each)) for each in changes.get(timeout=600).objects):
        pass
    return time.time()


def main() -> None:
    """Print one line for each way to wait: several small Experiments, then a large one."""
    others = peers(*sys.argv[1:]) if sys.argv[1:] else {}
    turns = [measure(others, SMALL) for _ in range(TURNS)]
    print(f"4 trials, 2 at a time, median of {TURNS}:")
    for name in turns[0]:
        seconds = [turn[name].seconds for turn in turns]
        print(
            f"  {name:28} {statistics.median(seconds):7.3f} s after the verdict "
            f"({min(seconds):.3f} to {max(seconds):.3f}), "
            f"{statistics.median(turn[name].requests for turn in turns):g} requests"
        )
    print("100 trials, 10 at a time:")
    for name, cost in measure(others, LARGE).items():
        print(f"  {name:28} {cost.requests:7} requests")


if __name__ == "__main__":
    main()
