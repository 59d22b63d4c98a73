# SPDX-License-Identifier: Apache-2.0
"""A trial on Vertex AI is the trial that Katib would run, and ends with a code that says the same."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from tensorboardX import SummaryWriter

from kfp_katib import run
from kfp_katib.experiment import load
from kfp_katib.results import Metric, Trial
from tests.builders.search import collector, search
from tests.support.blocks import blocks
from tests.vertex.entry_point import LR, Place

FILES = {block.file: block.code for block in blocks() if block.file}
"""The README's files, by their names."""


@pytest.mark.parametrize(
    "arguments", [("--lr=0.05", "--batch_size=16.0"), ("--lr", "0.05", "--batch_size", "16.0")]
)
def test_the_readmes_own_script_runs_as_it_is(place: Place, arguments: tuple[str, ...]) -> None:
    """An int of argparse is not 16.0: the script gets the manifest's own text."""
    (place.folder / "train.py").write_text(FILES["train.py"].replace("sleep(0.5)", "sleep(0)"))
    text = FILES["experiment.yaml"].replace("${pipeline.image}", "none")
    (place.folder / "experiment.yaml").write_text(text)
    done = place.run(load(place.folder / "experiment.yaml"), *arguments)
    assert (done.code, done.err) == (0, "")
    assert done.trial.name == "my-search-7"
    assert done.trial.parameters == {"lr": "0.05", "batch_size": "16"}
    assert [line.split(b"=")[0] for line in done.out.splitlines()] == [b"loss"] * 3
    latest = float(done.out.splitlines()[-1].partition(b"=")[2])
    assert [float(str(each["loss"])) for each in done.measurements] == [latest]


@pytest.mark.parametrize(("strategy", "value"), [("min", "0.25"), ("max", "4.0"), ("latest", "1.0")])
def test_the_one_measurement_is_the_value_that_katibs_strategy_takes(
    place: Place, strategy: str, value: str
) -> None:
    """Vertex AI's best and last measurement are then the same."""
    objective = {
        "type": "minimize",
        "objectiveMetricName": "loss",
        "metricStrategies": [{"name": "loss", "value": strategy}],
    }
    script = f"{LR} printf 'loss=4\\nloss=0.25\\nloss=1\\n'"
    done = place.run(search(script, objective=objective), "--lr=0.3")
    assert [(each["loss"], each["trial"], each["global_step"]) for each in done.measurements] == [
        (value, "7", "1")
    ]


ENDS: dict[str, tuple[str, int, str, str]] = {
    "its own code": (f"{LR} sh -c 'exit 3'", 1, "Failed", "Exit code 3."),
    "a signal": (f"{LR} kill -SEGV $$$$", 1, "Failed", "Exit code 139."),
    "no metric": (f"{LR} echo hello", 1, "MetricsUnavailable", "finds no 'loss'"),
    "no mark": (f"{LR} echo loss=1; eval exit", 1, "Failed", "never came to the completion mark"),
    "not a number": (f"{LR} echo loss=nan", 0, "Succeeded", "Trial has succeeded. "),
    "infinite": (f"{LR} echo loss=inf", 0, "Succeeded", "Trial has succeeded. "),
    "no such program": (f"{LR} no-such-program", 1, "Failed", "Exit code 127."),
}


@pytest.mark.parametrize(("script", "code", "state", "says"), ENDS.values(), ids=ENDS)
def test_a_trial_without_a_finite_objective_has_no_measurement(
    place: Place, script: str, code: int, state: str, says: str
) -> None:
    """Its exit code says whether it failed, its record is whole with the script's own, one line says why."""
    done = place.run(search(script), "--lr=0.3")
    assert (done.code, done.trial.state) == (code, state)
    assert says in done.trial.message
    assert done.err == f"Trial 'tune-7' is {state}: {done.trial.message}\n"
    assert done.measurements == ()


CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "standard output": ("echo loss=${trialParameters.lr}; echo loss=2", {}),
    "a chain": ("echo loss=7; echo loss=8 && echo accuracy=${trialParameters.lr} loss=3", {}),
    "a text file": (
        f"{LR} echo nothing; echo loss=0.5 > /out/m",
        {"metricsCollectorSpec": collector("File", "/out/m", format="TEXT")},
    ),
    "a JSON file": (
        f"""{LR} echo '{{"loss": "0.5", "timestamp": 1}}' > /out/m""",
        {"metricsCollectorSpec": collector("File", "/out/m", format="JSON")},
    ),
    "no file": (f"{LR} echo 1", {"metricsCollectorSpec": collector("File", "/out/m", format="TEXT")}),
    "no metric": (f"{LR} echo los=1", {}),
    "its own code": (f"{LR} echo loss=1; sh -c 'exit 5'", {}),
    "no mark": (f"{LR} echo loss=1; eval exit", {}),
    "the trial's name": ("echo loss=${trialParameters.lr} $KATIB_TRIAL_NAME ${trialParameters.trial}", {}),
    "a deadline": (f"{LR} sleep 60", {"container": {}, "name": "late"}),
}


def plain(trial: Trial) -> Trial:
    """What must not depend on the place or the time of a trial."""
    log = trial.log_tail.replace(trial.name, "")
    return replace(trial, name="", log_tail=log, started=None, ended=None, python="")


@pytest.mark.parametrize(("script", "changes"), CASES.values(), ids=CASES)
def test_the_trial_ends_as_on_the_local_engine(place: Place, script: str, changes: dict[str, Any]) -> None:
    """The same state, reason, message, metrics, exit code and end of the log."""
    experiment = search(script, maxTrialCount=1, **changes)
    if experiment.name == "late":
        document = json.loads(json.dumps(experiment.manifest))
        document["spec"]["trialTemplate"]["trialSpec"]["spec"]["activeDeadlineSeconds"] = 1
        experiment = load(document)
    (here,) = run(experiment, runs=place.folder / "runs").trials
    there = place.run(experiment, f"--lr={here.parameters['lr']}").trial
    assert plain(there) == plain(here)


def test_event_files_are_read_where_the_script_writes_them(place: Place) -> None:
    """The collector's folder is on the trial's own disk."""
    with SummaryWriter(str(place.folder / "written")) as writer:
        writer.add_scalar("loss", 0.5, 1)
    spec = collector("TensorFlowEvent", "/logs")
    script = f"{LR} cp {place.folder}/written/* /logs/; echo done"
    done = place.run(search(script, metricsCollectorSpec=spec), "--lr=0.3")
    assert (done.code, done.out) == (0, b"done\n")
    assert done.trial.metrics == {"loss": Metric("0.5", "0.5", "0.5")}


def test_the_environment_is_inherited_and_the_manifests_comes_on_top(place: Place) -> None:
    """Also the working folder is the manifest's, where the image has it."""
    (place.folder / "work").mkdir()
    container = {
        "env": [{"name": "A", "value": "manifest"}, {"name": "C", "value": "$(A)-$(B)"}],
        "workingDir": str(place.folder / "work"),
    }
    script = f"{LR} echo $A $B $C $(pwd) loss=1"
    done = place.run(search(script, container=container), "--lr=0.3", env={"A": "image", "B": "image"})
    assert done.out.decode() == f"manifest image manifest-$(B) {place.folder}/work loss=1\n"
    (place.folder / "work").rmdir()
    done = place.run(search(script, container=container), "--lr=0.4", env={"B": "image"})
    assert f" {place.folder} loss=1" in done.out.decode()


def test_what_the_script_reports_to_vertex_by_itself_does_not_count_twice(place: Place) -> None:
    """It has a file of its own for it, so that the only measurement is the one that Katib would take."""
    code = (
        "import os, pathlib; path = pathlib.Path(os.environ['CLOUD_ML_HP_METRIC_FILE']); "
        "path.parent.mkdir(exist_ok=True); path.write_text('mine'); print('loss=2')"
    )
    script = f'{LR} {sys.executable} -c "{code}"'
    done = place.run(search(script), "--lr=0.3")
    assert [each["loss"] for each in done.measurements] == ["2.0"]


def test_it_starts_light() -> None:
    """Each trial pays for it, and the image that holds it need not hold what the pipeline's steps use."""
    code = "import sys, kfp_katib.vertex.trial; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    heavy = {"google.auth", "kfp", "kubernetes", "optuna", "numpy", "fsspec", "plotly", "requests", "click"}
    assert not heavy & set(said.split())
