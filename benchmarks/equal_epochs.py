# SPDX-License-Identifier: Apache-2.0
"""Random search, random with medianstop, hyperband and pbt: the best loss against epochs spent.

Run it as `python benchmarks/equal_epochs.py [--seeds 10] [--plot docs/explanation/equal-epochs.svg]`; it
prints a table.
Each search is a real one of the local engine, two trials at a time, and ends when all of its trials together
have trained for 450 epochs, as many as hyperband's plan from 1 to 27 epochs has. What a trial trains is in
benchmarks/epochs. An epoch takes milliseconds, so early stopping looks at the trials ten times as often as it
does otherwise.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from benchmarks.epochs.plot import drawn
from kfp_katib import run
from kfp_katib.engines.local import following

BUDGET = 450
LONGEST = 27
"""Epochs of a trial that is not cut short."""
_HERE = Path(__file__).parent / "epochs"
_SPACE = {"rate": ("0", "4"), "penalty": ("1", "7"), "ratio": ("0", "1")}
_DIRECTORY = "/opt/checkpoints"
_PAUSE = 0.03  # seconds of an epoch with medianstop, so that who is stopped has not ended by then

Settings = dict[str, str]
SEARCHES: dict[str, dict[str, Any]] = {
    "random": {"algorithm": "random", "trials": 17},
    "random with medianstop": {
        "algorithm": "random",
        "trials": 80,
        "stopping": {"min_trials_required": "3", "start_step": "3"},
    },
    "hyperband": {
        "algorithm": "hyperband",
        "trials": 70,
        "settings": {"resource_name": "epochs", "r_l": str(LONGEST), "eta": "3"},
    },
    "pbt": {
        "algorithm": "pbt",
        "trials": 150,
        "epochs": 3,
        "settings": {
            "suggestion_trial_dir": _DIRECTORY,
            "n_population": "10",
            "truncation_threshold": "0.2",
        },
    },
}


def named(values: Settings) -> list[dict[str, str]]:
    """Settings as a manifest has them."""
    return [{"name": name, "value": value} for name, value in values.items()]


def manifest(
    name: str,
    command: list[str],
    *,
    algorithm: str,
    trials: int,
    epochs: int = LONGEST,
    settings: Settings | None = None,
    stopping: Settings | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """The Experiment around a trial's command, which is completed by the parameters."""
    space = {each: {"min": low, "max": high, "step": "0.01"} for each, (low, high) in _SPACE.items()}
    parameters = [
        {"name": each, "parameterType": "double", "feasibleSpace": range_} for each, range_ in space.items()
    ]
    arguments = [f"--{each}=${{trialParameters.{each}}}" for each in _SPACE]
    if algorithm == "hyperband":
        range_ = {"min": "1", "max": str(LONGEST)}
        parameters.append({"name": "epochs", "parameterType": "int", "feasibleSpace": range_})
        arguments.append("--epochs=${trialParameters.epochs}")
    else:
        arguments.append(f"--epochs={epochs}")
    if algorithm == "pbt":
        arguments.append(f"--checkpoint={_DIRECTORY}")
    given = {**(settings or {}), "random_state": str(seed)}
    container = {"name": "training", "image": "none", "command": command + arguments}
    pod = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    early = {"algorithmName": "medianstop", "algorithmSettings": named(stopping or {})}
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Experiment",
        "metadata": {"name": name},
        "spec": {
            "objective": {"type": "minimize", "objectiveMetricName": "loss"},
            "algorithm": {"algorithmName": algorithm, "algorithmSettings": named(given)},
            **({"earlyStopping": early} if stopping else {}),
            **({"resumePolicy": "FromVolume"} if algorithm == "pbt" else {}),
            "parallelTrialCount": 2,
            "maxTrialCount": trials,
            "maxFailedTrialCount": 0,
            "parameters": parameters,
            "trialTemplate": {
                "retain": True,
                "primaryContainerName": "training",
                "trialParameters": [{"name": each["name"], "reference": each["name"]} for each in parameters],
                "trialSpec": {
                    "apiVersion": "batch/v1",
                    "kind": "Job",
                    "spec": {"backoffLimit": 0, "template": pod},
                },
            },
        },
    }


@contextmanager
def served() -> Iterator[str]:
    """The address of a process that trains."""
    with tempfile.TemporaryDirectory() as folder:
        address = f"{folder}/socket"
        one_thread = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        training = [sys.executable, "-m", "benchmarks.epochs.training", address]
        server = subprocess.Popen(training, env=one_thread, cwd=_HERE.parents[1], start_new_session=True)
        try:
            while not Path(address).exists():
                time.sleep(0.1)
            yield address
        finally:
            server.terminate()
            server.wait()


def losses(search: dict[str, Any], seed: int, address: str) -> list[float]:
    """The loss after each epoch that a search has spent, whichever trial it was of."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        log.touch()
        pause = _PAUSE if "stopping" in search else 0.0
        command = ["python3", "-S", str(_HERE / "trial.py"), address, f"--seed={seed}", f"--log={log}"]
        command += [f"--budget={BUDGET}", f"--pause={pause}"]
        result = run(manifest("epochs", command, seed=seed, **search), runs=Path(folder) / "runs")
        if result.state != "Succeeded":
            raise SystemExit(f"{result.state}: {result.message}")
        spent = [float(line) for line in log.read_text().split()]
    if len(spent) < BUDGET:
        raise SystemExit(f"{search}, seed {seed}, trained for {len(spent)} of {BUDGET} epochs")
    return spent


def main(seeds: int, plot: Path | None, keep: Path | None) -> None:
    """Run every search with every seed, print the table, draw the plot."""
    following.EVERY_SECONDS /= 10
    kept = json.loads(keep.read_text()) if keep and keep.exists() else {}
    with served() as address:
        for seed, name in itertools.product(range(seeds), SEARCHES):
            if f"{name} {seed}" not in kept:
                kept[f"{name} {seed}"] = losses(SEARCHES[name], seed, address)[:BUDGET]
                if keep:
                    keep.write_text(json.dumps(kept))
    curves = {
        name: [np.minimum.accumulate(kept[f"{name} {seed}"]) for seed in range(seeds)] for name in SEARCHES
    }
    print("| median of the best loss [quartiles] | 50 epochs | 150 epochs | 450 epochs |\n|---|---|---|---|")
    for name, found in curves.items():
        cells = [_cell(np.array(found)[:, epoch - 1]) for epoch in (50, 150, 450)]
        print(f"| {name} | {' | '.join(cells)} |")
    if plot:
        plot.write_text(drawn(curves))


def _cell(values: Any) -> str:
    low, median, high = np.quantile(values, (0.25, 0.5, 0.75))
    return f"{median:.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--keep", type=Path, help="searches whose losses are in this file are not run again")
    main(**vars(parser.parse_args()))
