# SPDX-License-Identifier: Apache-2.0
"""A trial whose output cannot be judged fails alone: the search around it goes on, resumed ones too."""

from __future__ import annotations

import json
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from kfp_katib import run
from kfp_katib.experiment import load
from kfp_katib.experiment.model import Experiment
from kfp_katib.results import Result
from kfp_katib.trial.trial_folder import TrialFolder
from tests.builders.search import collector, search
from tests.places import DATA

CASES = DATA / "cases"
KILLED = DATA / "journals" / "killed"
TEXT = collector("File", "/out/m", format="TEXT")


def states(result: Result) -> list[str]:
    """The trials' states in order."""
    return [each.state for each in result.trials]


def test_one_trials_timestamp_of_400_digits(tmp_path: Path) -> None:
    """The first trial of the case is well, the others write such a time; each of these fails alone."""
    text = (CASES / "adv-json_timestamp.json").read_text().replace("/data/", f"{tmp_path}/")
    result = run(load(json.loads(text)), runs=tmp_path / "runs")
    assert states(result) == ["Succeeded", "Failed", "Failed", "Failed"]
    assert (result.state, result.reason) == ("Succeeded", "ExperimentMaxTrialsReached")
    assert "the number `9999" in result.trials[1].message


def test_a_filter_that_exhausts_re2(tmp_path: Path) -> None:
    """Where a manifest was accepted before it is refused, its trials fail, and the search ends."""
    manifest = json.loads((CASES / "adv-filter_re2.json").read_text())
    source = manifest["spec"]["metricsCollectorSpec"].pop("source")
    experiment = load(manifest)
    accepted = replace(experiment.collector, filters=tuple(source["filter"]["metricsFormat"]))
    result = run(replace(experiment, collector=accepted), runs=tmp_path)
    assert states(result) == ["Failed"] * 3
    assert "is not a valid RE2 expression" in result.trials[0].message


def ended_unseen(runs: Path, written: bytes) -> Experiment:
    """A journal of 0.1.0 whose trial ended while no engine looked, and left this."""
    shutil.copytree(KILLED, runs / "killed")
    manifest = json.loads(json.dumps(load(KILLED.with_suffix(".yaml")).manifest))
    files = TrialFolder(next(folder for folder in (runs / "killed").iterdir() if _waits(folder)))
    files.exit_file.write_text("0\n")
    (files.metrics / "7.pid").write_text("completed\n")
    (files.metrics / "metrics.log").write_bytes(written)
    return load(manifest)


def _waits(folder: Path) -> bool:
    return folder.is_dir() and not (folder / "exit").exists() and (folder / "metrics").is_dir()


@pytest.mark.parametrize(
    "written",
    [b"\xff\xfe\0loss=0.5\n", b"loss=" + b"9" * 400, b"x" * 3_000_000 + b"=loss=", b"\0" * 1_000_000],
)
def test_a_search_that_holds_such_a_trial_goes_on(tmp_path: Path, written: bytes) -> None:
    """The trial is judged when the search is resumed, and the rest of it runs."""
    result = run(ended_unseen(tmp_path, written), runs=tmp_path)
    assert result.reason == "ExperimentMaxTrialsReached"
    assert set(states(result)) <= {"Succeeded", "MetricsUnavailable"}


def test_a_pipe_where_the_metrics_should_be_does_not_hang(tmp_path: Path) -> None:
    """A trial that makes a named pipe of its metrics file ends, and so does the search."""
    signal.alarm(60)
    began = time.monotonic()
    script = "mkfifo /out/m; echo ${trialParameters.lr}"
    result = run(search(script, maxTrialCount=1, metricsCollectorSpec=TEXT), runs=tmp_path)
    signal.alarm(0)
    assert states(result) == ["Failed"]
    assert time.monotonic() - began < 30
