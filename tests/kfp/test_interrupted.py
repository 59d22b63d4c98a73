# SPDX-License-Identifier: Apache-2.0
"""A search whose step is lost, and one whose run is terminated."""

from __future__ import annotations

from pathlib import Path

import pytest
from kubernetes.stream import stream

from components import TRAINING_IMAGE
from tests.kfp import own
from tests.kfp.backend import Backend, Run, verdict, wait_for
from tests.kfp.searches import DATA, ENDLESS, SLOW

pytestmark = [pytest.mark.kfp_backend, pytest.mark.timeout(600)]
SIGNAL_PYTHON = (
    "for found in /proc/[0-9]*; do "
    'case "$(cat $found/comm)" in python*) kill -%s ${found#/proc/} && echo sent;; esac; done'
)


def trial_pods(run: Run, experiment: str) -> list[str]:
    """The pods of an Experiment's trials that have not ended."""
    pods = run.backend.core.list_namespaced_pod(
        run.backend.namespace, label_selector=f"katib.kubeflow.org/experiment={experiment}"
    )
    return [
        pod.metadata.name
        for pod in pods.items
        if "katib.kubeflow.org/trial" in pod.metadata.labels and pod.status.phase in ("Pending", "Running")
    ]


def gone_after(run: Run) -> tuple[float, float]:
    """Terminate a run that searches; the seconds until its Experiment and its trials' pods are gone."""
    name = run.searching()["metadata"]["name"]
    assert trial_pods(run, name)
    run.backend.pipelines.terminate_run(run.id)
    experiment = wait_for(lambda: not run.experiments(), 120, f"the end of Experiment {name}")
    pods = wait_for(lambda: not trial_pods(run, name), 120, f"the end of the trials' pods of {name}")
    print(f"run {run.id}: Experiment gone after {experiment:.1f} s, pods after {experiment + pods:.1f} s")
    return experiment, experiment + pods


def freeze(run: Run) -> None:
    """Stop the process of a run's search, so that a signal kills it without reaching its handler."""
    send(run, "STOP")


def kill(run: Run) -> None:
    """Kill the process of a run's search, as a machine without memory does."""
    send(run, "KILL")


def send(run: Run, signal: str) -> None:
    """Send the process of a run's search a signal."""
    said = stream(
        run.backend.core.connect_get_namespaced_pod_exec,
        run.steps()["launch-katib"][-1],
        run.backend.namespace,
        container="main",
        command=["sh", "-c", SIGNAL_PYTHON % signal],
        stdout=True,
        stderr=True,
    )
    assert "sent" in said, said


def test_a_step_whose_pod_is_lost_adopts_its_experiment(backend: Backend, tmp_path: Path) -> None:
    """As in a node drain: the step is started again, and its search goes on as if nothing had been."""
    package = own.search_and_tell(backend.build, tmp_path / "own.yaml")
    run = backend.run(package, experiment=SLOW, image=TRAINING_IMAGE)
    before = run.searching()
    trials = {trial["metadata"]["uid"] for trial in run.trials(before["metadata"]["name"])}
    backend.core.delete_namespaced_pod(run.steps()["launch-katib"][0], backend.namespace)
    assert run.finished() == "SUCCEEDED"
    (after,) = run.experiments()
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert verdict(after) >= {"Succeeded"}
    kept = {trial["metadata"]["uid"] for trial in run.trials(after["metadata"]["name"])}
    assert trials <= kept
    assert len(kept) == 2
    assert "exists already and is ours" in run.log("launch-katib")


def test_terminating_a_run_ends_its_experiment_and_trials(backend: Backend) -> None:
    """With the exit task: by the step's own last request, else by clean_up."""
    run = backend.run("tune-s3.yaml", experiment=ENDLESS, options=DATA)
    experiment, pods = gone_after(run)
    assert experiment <= 90
    assert pods <= 90 + 45
    assert run.finished() == "FAILED"
    assert "clean-up" in run.steps()


def test_the_exit_task_alone_ends_what_a_step_left_without_a_word(backend: Backend) -> None:
    """As when the step's node is lost: its last request never comes, and clean_up finds the Experiment."""
    run = backend.run("tune-s3.yaml", experiment=ENDLESS, options=DATA)
    name = run.searching()["metadata"]["name"]
    freeze(run)
    _, pods = gone_after(run)
    assert pods <= 90
    assert run.finished() == "FAILED"
    assert f"ended what Experiment {name} had left running" in run.log("clean-up")


def test_terminating_a_run_without_exit_task_ends_its_experiment_too(
    backend: Backend, tmp_path: Path
) -> None:
    """By the step's own last request alone, within the half second that it has.

    Argo looks at a Workflow at least every 10 s, so that the signal may come as late; the rest is ours.
    """
    package = own.search_and_tell(backend.build, tmp_path / "own.yaml")
    experiment, pods = gone_after(backend.run(package, experiment=ENDLESS, image=TRAINING_IMAGE))
    assert experiment <= 10 + 10
    assert pods <= 45
