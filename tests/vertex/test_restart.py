# SPDX-License-Identifier: Apache-2.0
"""A container that Vertex AI starts again reports the trial that has ended, and runs one that was stopped."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import replace

import pytest

from kfp_katib.vertex.record import Record, read_record, write_record
from tests.builders.search import search
from tests.support.waiting import until
from tests.vertex.entry_point import LR, Place

COUNTED = f"{LR} echo run >> runs;"
JOB = {"CLOUD_ML_JOB_ID": "1000"}


def runs(place: Place) -> int:
    """How often the script has run."""
    return (place.folder / "runs").read_text().count("run")


@pytest.mark.parametrize("env", [JOB, {}], ids=["with the job's id", "without"])
@pytest.mark.parametrize(
    ("script", "code", "state"),
    [("echo loss=0.5", 0, "Succeeded"), ("sh -c 'exit 3'", 1, "Failed"), ("echo", 1, "MetricsUnavailable")],
)
def test_a_trial_that_has_ended_does_not_run_again(
    place: Place, script: str, code: int, state: str, env: Mapping[str, str]
) -> None:
    """Vertex AI starts a container again after its failure, or on another machine, whose disk is empty."""
    experiment = search(f"{COUNTED} {script}")
    first = place.run(experiment, "--lr=0.3", env=env)
    place.measurements.unlink(missing_ok=True)
    second = place.run(experiment, "--lr=0.3", env=env)
    assert runs(place) == 1
    assert (first.code, second.code, second.trial) == (code, code, first.trial)
    assert (second.trial.state, second.out) == (state, b"")
    assert [each["loss"] for each in second.measurements] == [each["loss"] for each in first.measurements]
    assert second.err.startswith(
        f"Trial 'tune-7' has ended before and does not run again: {place.record} says"
    )


def test_a_stop_of_the_second_start_leaves_the_record_of_the_first(place: Place) -> None:
    """It said `Failed`, with exit code 3 and the log, when Vertex AI shut the job down."""
    experiment = search(f"{LR} echo why; sh -c 'exit 3'")
    first = place.run(experiment, "--lr=0.3").trial
    with place.start(experiment, "--lr=0.3") as process:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert place.recorded() == first
    assert (first.exit_code, first.log_tail) == (3, "why")


def test_a_second_start_that_nobody_listens_to_leaves_the_record_of_the_first(place: Place) -> None:
    """What it would say is lost, nothing else."""
    experiment = search(f"{LR} echo loss=0.5")
    first = place.run(experiment, "--lr=0.3").trial
    with place.start(experiment, "--lr=0.3") as process:
        assert process.stderr
        process.stderr.close()
        assert process.wait(timeout=60) == 0
    assert place.recorded() == first


@pytest.mark.parametrize("other", ["job", "trial", "values", "damage"])
def test_a_record_that_is_not_this_trials_is_replaced(place: Place, other: str) -> None:
    """Another tuning job of the same plan has left it, or it was cut off."""
    experiment = search(f"{COUNTED} echo loss=0.5")
    first = place.run(experiment, "--lr=0.3", env=JOB).trial
    changed = {
        "job": Record(first, "999"),
        "trial": Record(replace(first, name="tune-8"), "1000"),
        "values": Record(replace(first, parameters={"lr": "0.4"}), "1000"),
    }
    if other == "damage":
        place.record.write_text("{")
    else:
        write_record(changed[other], place.record)
    assert place.run(experiment, "--lr=0.3", env=JOB).code == 0
    assert runs(place) == 2
    record = read_record(place.record)
    assert record
    assert (record.job, record.trial.name, record.trial.parameters) == ("1000", "tune-7", {"lr": "0.3"})


def test_a_trial_that_was_stopped_runs_again(place: Place) -> None:
    """Its machine was lost; on the next one it comes to its end."""
    experiment = search(f"{COUNTED} test -e second || sleep 60; echo loss=0.5")
    with place.start(experiment, "--lr=0.3") as process:
        until(lambda: (place.folder / "runs").exists())
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert place.recorded().state == "Killed"
    (place.folder / "second").touch()
    done = place.run(experiment, "--lr=0.3")
    assert (done.code, done.trial.state, runs(place)) == (0, "Succeeded", 2)


def test_a_measurement_that_is_lost_at_the_second_start_fails_the_trial_for_both(place: Place) -> None:
    """Else the record would say Succeeded of what Vertex AI calls infeasible."""
    experiment = search(f"{LR} echo loss=0.5")
    assert place.run(experiment, "--lr=0.3").code == 0
    place.measurements.unlink()
    place.measurements.mkdir()
    with place.start(experiment, "--lr=0.3") as process:
        process.communicate(timeout=60)
    assert (process.returncode, place.recorded().state) == (1, "Failed")


def test_a_file_of_the_working_folder_is_no_module_of_pythons_own(place: Place) -> None:
    """The image may hold a `signal.py` of the user's where the container starts."""
    (place.folder / "signal.py").write_text("raise SystemExit('not yours')")
    done = place.run(search(f"{LR} echo loss=0.5"), "--lr=0.3")
    assert (done.code, done.err, done.trial.state) == (0, "", "Succeeded")
