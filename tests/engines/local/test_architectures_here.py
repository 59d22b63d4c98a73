# SPDX-License-Identifier: Apache-2.0
"""darts and enas on this machine, with trials that read their arguments as those of Katib's images do."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kfp_katib import load, run
from kfp_katib.engines.local.journal import Journal
from kfp_katib.engines.local.journal_attributes import SEED
from kfp_katib.engines.local.search.suggestions import open_study
from kfp_katib.errors import InputError
from kfp_katib.experiment.model import Manifest
from kfp_katib.results import Metric, Result, Trial
from tests.builders.architecture import darts, enas
from tests.builders.manifest import changed
from tests.engines.local import drive
from tests.engines.local.drive import MOMENTS, finished
from tests.support.waiting import until

GENOTYPE = "Genotype(normal=['skip_connection', 'skip_connection'])"
Make = Callable[..., Manifest]
both = pytest.mark.parametrize("make", [darts, enas])


def test_darts(tmp_path: Path) -> None:
    """Every trial is told the same, succeeds with its text, and the last one is the best."""
    result = run(load(darts(tmp_path)), runs=tmp_path / "runs")
    assert (result.state, result.reason) == ("Succeeded", "ExperimentMaxTrialsReached")
    assert [each.message for each in result.trials] == ["Trial has succeeded"] * 3
    assert {each.metrics["Best-Genotype"] for each in result.trials} == {Metric(latest=GENOTYPE)}
    assert result.best == result.trials[-1]
    assert result.katib_best == result.best.name
    assert result.best_parameters == {**result.best.parameters, "num-layers": 1}
    assert result.succeeded


def test_a_goal_does_not_end_a_search_whose_values_are_texts(tmp_path: Path) -> None:
    """No text reaches it, on Katib as here."""
    asked = darts(tmp_path, maxTrialCount=2)
    asked["spec"]["objective"]["goal"] = 0
    assert len(run(load(asked), runs=tmp_path / "runs").trials) == 2


def test_enas(tmp_path: Path) -> None:
    """Architectures differ, their values are numbers, the best one wins; one note says what it cannot do."""
    result = run(load(enas(tmp_path, parallelTrialCount=2)), runs=tmp_path / "runs")
    assert (result.state, result.reason) == ("Succeeded", "ExperimentMaxTrialsReached")
    values = [float(each.metrics["Validation-Accuracy"].latest) for each in result.trials]
    assert result.best_value == max(values)
    assert all(_accuracy(each) == value for each, value in zip(result.trials, values, strict=True))
    assert [note.partition(" at random")[0] for note in result.notes if "cannot learn" in note] == [
        "enas draws every architecture"
    ]


def _accuracy(trial: Trial) -> float:
    """What the trial makes of its arguments."""
    layers, config = (json.loads(text.replace("'", '"')) for text in trial.parameters.values())
    sizes = [config["embedding"][str(layer[0])]["opt_params"]["size"] for layer in layers]
    return sum(map(int, sizes)) / 100


def test_a_genotype_that_was_never_printed(tmp_path: Path) -> None:
    """A trial without its metric is none that has succeeded; a text is no excuse."""
    asked = darts(tmp_path, maxTrialCount=1)
    (tmp_path / "train_darts.py").write_text("print('Best-Genotype=0.5')")
    (trial,) = run(load(asked), runs=tmp_path / "runs").trials
    assert trial.state == "MetricsUnavailable"


@both
def test_more_trials_may_follow(make: Make, tmp_path: Path) -> None:
    """A finished search goes on with a larger budget; the trials that it has stay as they are."""
    first = run(load(make(tmp_path, maxTrialCount=1)), runs=tmp_path / "runs")
    second = run(load(make(tmp_path, maxTrialCount=2)), runs=tmp_path / "runs")
    assert second.trials[:1] == first.trials
    assert len(second.trials) == 2


def test_another_space_is_another_search(tmp_path: Path) -> None:
    """Its trials could not be compared with those that are there."""
    run(load(enas(tmp_path, maxTrialCount=1)), runs=tmp_path / "runs")
    other = changed(enas(tmp_path), {"spec.nasConfig.graphConfig.numLayers": 4})
    with pytest.raises(InputError, match=r"nasConfig.graphConfig.numLayers was 3 and is 4"):
        run(load(other), runs=tmp_path / "runs")


@both
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"enqueue": [{"num-layers": "2"}]}, "enqueue: Experiment '.*' searches neural architectures"),
        ({"warm_start": True}, "learns from no trial.*warm_start"),
    ],
    ids=["enqueue", "warm start"],
)
def test_what_has_no_meaning_is_refused(
    make: Make, options: dict[str, Any], words: str, tmp_path: Path
) -> None:
    """Points of a user, and trials of another search; nothing has run then."""
    if "warm_start" in options:
        options = {"warm_start": _another(tmp_path)}
    with pytest.raises(InputError, match=words):
        run(load(make(tmp_path, name="other")), runs=tmp_path / "runs", **options)
    assert not list((tmp_path / "runs").glob("other/other-*"))


def _another(place: Path) -> Result:
    return run(load(enas(place, name="before", maxTrialCount=1)), runs=place / "runs")


@both
def test_kill_at_random_moments(make: Make, tmp_path: Path) -> None:
    """Whenever the engine is killed, the trials are those of a search that ran to its end at once."""
    runs, chance = tmp_path / "runs", random.Random(MOMENTS)
    asked = make(tmp_path, parallelTrialCount=2, maxTrialCount=2 * MOMENTS)
    done: dict[str, int] = {}
    for _ in range(MOMENTS):
        with drive.start(asked, runs) as engine:
            begun = len(finished(runs))
            until(lambda begun=begun: len(finished(runs)) > begun or engine.poll() is not None)  # type: ignore[misc]
            time.sleep(chance.uniform(0, 0.1))
            os.kill(engine.pid, signal.SIGKILL)
        assert done.items() <= finished(runs).items()
        done = finished(runs)
    result = run(load(asked), runs=runs)
    assert done.items() <= finished(runs).items()
    assert [each.state for each in result.trials] == ["Succeeded"] * 2 * MOMENTS
    at_once = open_study(load(asked), Journal("x", attributes={SEED: int(result.provenance.seed)}))
    expected = [at_once.ask() for _ in result.trials]
    assert [each and each.parameters for each in expected] == [each.parameters for each in result.trials]
