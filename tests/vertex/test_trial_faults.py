# SPDX-License-Identifier: Apache-2.0
"""Whatever goes wrong around a trial on Vertex AI is said in one sentence, and the trial is no success."""

from __future__ import annotations

import shutil
import subprocess
import sys

from kfp_katib.vertex.packed import pack
from tests.builders.search import search
from tests.vertex.entry_point import LR, Done, Place


def test_a_command_that_cannot_be_started_fails_the_trial_with_a_record(place: Place) -> None:
    """One argument of a process holds 128 KiB."""
    done = place.run(
        search(f"{LR} : $A", container={"env": [{"name": "A", "value": "x" * 140_000}]}), "--lr=0.3"
    )
    assert (done.code, done.trial.state) == (1, "Failed")
    assert "It could not be started in" in done.err
    assert "Argument list too long" in done.err


def nothing_kept(done: Done) -> None:
    """There is no record, and one clear sentence."""
    assert done.record is None
    assert done.code != 0
    assert "Traceback" not in done.err


def test_without_a_mounted_bucket_nothing_runs(place: Place) -> None:
    """The trial's result would be lost: a folder on the container's own disk is no bucket."""
    experiment = search(f"{LR} touch {place.folder}/ran; echo loss=1")
    done = place.run(experiment, "--lr=0.3", env={"AIP_MODEL_DIR": "gs://other/models/7/model/"})
    nothing_kept(done)
    assert f"{place.folder}/gcs/other is not there: Vertex AI mounts those" in done.err
    assert not (place.folder / "ran").exists()
    assert not (place.folder / "gcs/other").exists()


def test_a_record_that_cannot_be_written_fails_the_trial(place: Place) -> None:
    """Here the folder goes away while the trial runs."""
    gone = place.record.parent
    done = place.run(search(f"{LR} rm -r {gone}; echo loss=1"), "--lr=0.3")
    nothing_kept(done)
    assert done.err.startswith(f"The trial's record {place.record} cannot be written: No such file")


def test_a_folder_that_cannot_be_made_fails_the_trial_before_it_runs(place: Place) -> None:
    """A file is in its way."""
    (place.folder / "gcs/bucket").mkdir(parents=True)
    (place.folder / "gcs/bucket/models").touch()
    done = place.run(search(f"{LR} touch {place.folder}/ran; echo loss=1"), "--lr=0.3")
    nothing_kept(done)
    assert "cannot be written: Not a directory. Without it the trial's result is lost" in done.err
    assert not (place.folder / "ran").exists()


def test_a_measurement_that_cannot_be_written_fails_the_trial_for_both(place: Place) -> None:
    """Vertex AI sees no value then, so the record must not say that it succeeded."""
    place.measurements.parent.touch()
    done = place.run(search("echo loss=${trialParameters.lr}"), "--lr=0.3")
    assert (done.code, done.trial.state, done.trial.exit_code) == (1, "Failed", 0)
    assert "The measurement of 'loss' cannot be written into" in done.err


def test_a_trial_that_is_repeated_replaces_its_record(place: Place) -> None:
    """Vertex AI restarts a container on another machine where one was lost."""
    experiment = search("echo loss=${trialParameters.lr}")
    assert place.run(experiment, "--lr=0.3").trial.parameters == {"lr": "0.3"}
    assert place.run(experiment, "--lr=0.4").trial.parameters == {"lr": "0.4"}
    assert [each.name for each in place.record.parent.iterdir()] == ["trial.json"]


def test_nothing_of_a_trial_is_left_on_its_disk(place: Place) -> None:
    """Not even folders nested deeper than Python can follow."""
    own = place.folder / "tmp"
    own.mkdir()
    deep = "; ".join(["cd $TMPDIR/*/*/metrics", "for i in $(seq 1100); do mkdir d; cd d; done"])
    done = place.run(search(f"{LR} {deep}; echo loss=1"), "--lr=0.3", env={"TMPDIR": str(own)})
    assert (done.code, done.err) == (0, "")
    assert list(own.iterdir()) == []
    shutil.rmtree(own)


def test_a_container_without_a_temporary_folder_is_a_failed_trial_with_a_record(place: Place) -> None:
    """Whatever keeps the entry point from its work, the result step reads why."""
    script = "import sys, tempfile; tempfile.tempdir = '/nowhere'; from kfp_katib.vertex import trial; "
    code = f"{script} import os; sys.exit(trial.main(sys.argv[1:], os.environ))"
    (place.folder / "gcs/bucket").mkdir(parents=True)
    packed = f"--packed={pack(search('echo loss=${trialParameters.lr}'))}"
    said = subprocess.run(
        [sys.executable, "-c", code, packed, "--lr=0.3"], env=place.env(), capture_output=True, text=True
    )
    record = place.recorded()
    assert (said.returncode, record.state, record.parameters) == (1, "Failed", {"lr": "0.3"})
    assert said.stderr == f"Trial 'tune-7' is Failed: {record.message}\n"
    assert "Its entry point cannot go on (FileNotFoundError: " in record.message
