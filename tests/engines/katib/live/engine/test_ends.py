# SPDX-License-Identifier: Apache-2.0
"""Searches on a real Katib that end otherwise, or whose launcher does."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from kfp_katib.engines.katib import end_abandoned
from kfp_katib.engines.katib.api.client import connect
from kfp_katib.engines.katib.api.resources import EXPERIMENT_LABEL, EXPERIMENTS, PODS, TRIALS
from kfp_katib.engines.labels import RUN
from kfp_katib.errors import InputError, TimedOut, Unfinished
from kfp_katib.experiment import load
from kfp_katib.results import Progress
from tests.engines.katib.live.engine.proxy import Traffic
from tests.engines.katib.live.katib import Katib
from tests.engines.katib.running import cancel, run, watch
from tests.engines.scenarios import BY_NAME, assert_ends_as_written, losses, manifest, prepare, prints

pytestmark = pytest.mark.cluster
Property = Callable[[str, object], None]


def left(namespace: str, name: str) -> dict[str, int]:
    """What the cluster still holds of an Experiment."""
    of_it = {"labelSelector": f"{EXPERIMENT_LABEL}={name}"}
    with connect(namespace) as cluster:
        found = {
            "experiments": cluster.list(EXPERIMENTS, fieldSelector=f"metadata.name={name}"),
            "trials": cluster.list(TRIALS, **of_it),
            "pods": cluster.list(PODS, **of_it),
        }
    return {kind: len(things) for kind, (things, _) in found.items()}


def test_a_result_follows_katibs_verdict_at_once_and_costs_few_requests(
    katib: Katib, volume: Path, name: str, traffic: Traffic, record_property: Property
) -> None:
    """Measured at a proxy: seconds from the verdict's line in the watch to the Result, and requests."""
    prepare(volume, BY_NAME["budget"], seconds=2)
    experiment = load(manifest(volume, BY_NAME["budget"], name=name, image=katib.image))
    assert run(experiment).succeeded
    returned = time.time()
    verdicts = [
        at
        for exchange in traffic.exchanges
        for at, line in exchange.lines
        if exchange.path.endswith("/experiments") and b"ExperimentMaxTrialsReached" in line
    ]
    record_property("seconds_after_verdict", round(returned - min(verdicts), 3))
    record_property("requests", dict(traffic.count()))
    assert returned - min(verdicts) < 0.5
    assert len(traffic.exchanges) <= 14


def test_retained_trials_keep_their_pods(katib: Katib, volume: Path, name: str) -> None:
    """And their logs, for whoever looks on; the Result is the same."""
    scenario = BY_NAME["mixed failures"]
    prepare(volume, scenario, seconds=2)
    made = manifest(volume, scenario, name=name, image=katib.image, retain=True)
    assert_ends_as_written(run(load(made), namespace=katib.namespace), scenario)
    assert left(katib.namespace, name)["pods"] >= 3
    cancel(name, namespace=katib.namespace)


def test_an_experiment_of_anybody_can_be_watched(katib: Katib, volume: Path, name: str) -> None:
    """From its beginning, without our labels, and nothing of it is ended."""
    prepare(volume, BY_NAME["budget"], seconds=2)
    made = manifest(volume, BY_NAME["budget"], name=name, image=katib.image)
    with connect(katib.namespace) as cluster:
        cluster.create(EXPERIMENTS, made)
    assert_ends_as_written(watch(name, namespace=katib.namespace), BY_NAME["budget"])


def test_time_is_up_and_what_was_found_is_in_the_error(katib: Katib, volume: Path, name: str) -> None:
    """The Experiment stays until somebody ends it, or the pipeline's clean_up does."""
    trials = [*losses(0.5), prints("loss=0.1", longer=600)]
    prepare(volume, replace(BY_NAME["budget"], trials=trials), seconds=2)
    experiment = load(manifest(volume, BY_NAME["budget"], name=name, image=katib.image))
    with pytest.raises(
        TimedOut, match=r"1 of 3 trials have completed; the best is .* with loss=0.5"
    ) as error:
        run(experiment, namespace=katib.namespace, timeout_seconds=40, run_id=name)
    assert error.value.result is not None
    assert error.value.result.best is not None
    assert left(katib.namespace, name)["experiments"] == 1
    assert end_abandoned(name, namespaces=[katib.namespace]) == [name]
    assert set(left(katib.namespace, name).values()) == {0}


def test_the_best_so_far_is_taken_and_the_rest_ended(
    katib: Katib, volume: Path, name: str, record_property: Property
) -> None:
    """Nothing runs on afterwards."""
    prepare(
        volume, replace(BY_NAME["budget"], trials=[*losses(0.5), prints("loss=0.1", longer=600)]), seconds=2
    )
    experiment = load(manifest(volume, BY_NAME["budget"], name=name, image=katib.image))
    result = run(experiment, namespace=katib.namespace, timeout_seconds=40, on_timeout="best_so_far")
    assert (result.count("Succeeded"), result.count("Killed")) == (1, 1)
    start = time.monotonic()
    while any(left(katib.namespace, name).values()):
        assert time.monotonic() - start < 60
        time.sleep(0.5)
    record_property("seconds_until_gone", round(time.monotonic() - start, 1))


def test_trials_that_run_after_the_goal_are_ended(katib: Katib, volume: Path, name: str) -> None:
    """Katib lets them run on; nobody needs what they find."""
    prepare(
        volume, replace(BY_NAME["goal"], trials=[*losses(0.1), prints("loss=0.5", longer=600)]), seconds=2
    )
    made = manifest(
        volume, BY_NAME["goal"], name=name, image=katib.image, parallelTrialCount=2, maxTrialCount=4
    )
    result = run(load(made), namespace=katib.namespace)
    assert (result.reason, result.count("Succeeded")) == ("ExperimentGoalReached", 1)
    assert result.count("Killed") >= 1
    start = time.monotonic()
    while left(katib.namespace, name)["trials"] > 1:
        assert time.monotonic() - start < 60
        time.sleep(0.5)


def test_a_search_that_is_cancelled_is_told_to_whoever_follows_it(
    katib: Katib, volume: Path, name: str, record_property: Property
) -> None:
    """The follower has no verdict and what was found; the canceller returns when all is gone."""
    prepare(
        volume, replace(BY_NAME["budget"], trials=[*losses(0.5), prints("loss=0.1", longer=600)]), seconds=2
    )
    experiment = load(manifest(volume, BY_NAME["budget"], name=name, image=katib.image))
    seconds: list[float] = []

    def stop() -> None:
        start = time.monotonic()
        cancel(name, namespace=katib.namespace)
        seconds.append(round(time.monotonic() - start, 1))

    stopper = threading.Thread(target=stop)

    def on_update(progress: Progress) -> None:
        if progress.completed and progress.running and not stopper.ident:
            stopper.start()

    with pytest.raises(Unfinished, match="was deleted by somebody else") as error:
        run(experiment, namespace=katib.namespace, on_update=on_update, timeout_seconds=120)
    stopper.join()
    record_property("seconds_to_cancel", seconds[0])
    assert error.value.result is not None
    assert error.value.result.count("Succeeded") == 1
    assert set(left(katib.namespace, name).values()) == {0}


def test_a_second_search_of_the_name_is_refused(katib: Katib, volume: Path, name: str) -> None:
    """Same name, another manifest: the first is not touched."""
    prepare(volume, BY_NAME["budget"], seconds=2)
    first = manifest(volume, BY_NAME["budget"], name=name, image=katib.image)
    with connect(katib.namespace) as cluster:
        cluster.create(EXPERIMENTS, {**first, "metadata": {"name": name, "labels": {RUN: "other"}}})
    with pytest.raises(InputError, match=r"is not this search: .*kfp-katib/run-id is 'other'"):
        run(load(first), namespace=katib.namespace, run_id="mine")
    cancel(name, namespace=katib.namespace)


@pytest.mark.timeout(900)
def test_a_launcher_killed_at_random_moments_loses_nothing(katib: Katib, volume: Path, name: str) -> None:
    """SIGKILL, again and again; one Experiment, one Result, every trial in it."""
    scenario = BY_NAME["mixed failures"]
    prepare(volume, scenario, seconds=2)
    made = manifest(volume, scenario, name=name, image=katib.image)
    file = volume / "experiment.yaml"
    file.write_text(yaml.safe_dump(made))
    chance = random.Random(name)
    uids: set[str] = set()
    for _ in range(20):
        command = [sys.executable, "-c", _LAUNCHER, str(file), katib.namespace]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()  # from here on it does something that can be lost
            time.sleep(chance.uniform(0.0, 2.5))
            process.send_signal(signal.SIGKILL)
        with connect(katib.namespace) as cluster:
            found, _ = cluster.list(EXPERIMENTS, fieldSelector=f"metadata.name={name}")
        uids |= {each["metadata"]["uid"] for each in found}
    assert_ends_as_written(run(load(made), namespace=katib.namespace, run_id="killed"), scenario)
    assert len(uids) == 1
    assert len((volume / "started").read_text().splitlines()) == 3


_LAUNCHER = """
import sys
from pathlib import Path
import kfp_katib.engines.katib.engine  # the client, which takes its time
from tests.engines.katib.running import run
from kfp_katib.experiment import load
experiment = load(Path(sys.argv[1]))
print("ready", flush=True)
run(experiment, namespace=sys.argv[2], run_id="killed")
"""
