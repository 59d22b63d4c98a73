# SPDX-License-Identifier: Apache-2.0
"""Hyperband on this machine, with real trials: to its end, after kills, beside what a user asks for."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from kfp_katib import run
from kfp_katib.report import html
from kfp_katib.results import Result, trials_csv
from tests.builders.manifest import double
from tests.builders.search import PRINT, manifest, search
from tests.engines.local import drive
from tests.engines.local.drive import MOMENTS, finished

EPOCHS = {"name": "epochs", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "2"}}
FEW = {"name": "epochs", "parameterType": "categorical", "feasibleSpace": {"list": ["few", "many"]}}
SCRIPT = f"echo epochs=${{trialParameters.epochs}}; {PRINT}"


def hyperband(most: str = "4", **spec: Any) -> dict[str, Any]:
    """The fields of a search whose plan has 15 trials: 4x1 2x2 1x4; 3x2 2x4; 3x4."""
    given = {"r_l": most, "eta": "2", "resource_name": "epochs", "random_state": "1"}
    settings = [{"name": name, "value": value} for name, value in given.items()]
    return {
        "algorithm": {"algorithmName": "hyperband", "algorithmSettings": settings},
        "parameters": [double("lr", "0", "1"), EPOCHS],
        "parallelTrialCount": 3,
        "maxTrialCount": None,
        "maxFailedTrialCount": None,
        **spec,
    }


AMOUNTS = [*"1111", *"22", "4", *"222", *"44", *"444"]
"""The epochs of those trials, in order."""


def epochs(result: Result) -> list[str]:
    """The trials' epochs, in order."""
    return [trial.parameters["epochs"] for trial in result.trials]


def test_the_plan_is_run_to_its_end(tmp_path: Path) -> None:
    """Without a budget too; the reason is Katib's own, which its controller never gives."""
    result = run(search(SCRIPT, **hyperband()), runs=tmp_path)
    assert (result.state, result.reason) == ("Succeeded", "ExperimentSuggestionEndReached")
    assert epochs(result) == AMOUNTS
    assert run(search(SCRIPT, **hyperband()), runs=tmp_path) == result
    assert not any("plan" in note for note in result.notes)


def test_a_budget_below_the_plan_is_told_and_can_be_raised(tmp_path: Path) -> None:
    """The search ends by its budget; with a larger one it runs what is left."""
    cut = run(search(SCRIPT, **hyperband(maxTrialCount=6)), runs=tmp_path)
    assert (cut.reason, epochs(cut)) == ("ExperimentMaxTrialsReached", AMOUNTS[:6])
    assert "hyperband's plan has 15 trials; maxTrialCount ends it after 6." in cut.notes
    whole = run(search(SCRIPT, **hyperband(maxTrialCount=20, parallelTrialCount=2)), runs=tmp_path)
    assert (whole.reason, epochs(whole)) == ("ExperimentSuggestionEndReached", AMOUNTS)
    assert whole.trials[:6] == cut.trials
    elsewhere = run(search(SCRIPT, **hyperband()), runs=tmp_path / "other")
    assert [each.parameters for each in whole.trials] == [each.parameters for each in elsewhere.trials]


def test_a_goal_ends_it_anywhere(tmp_path: Path) -> None:
    """Here, at the first trial."""
    goal = {"type": "minimize", "objectiveMetricName": "loss", "goal": 1}
    result = run(search(SCRIPT, **hyperband(objective=goal, parallelTrialCount=1)), runs=tmp_path)
    assert (result.reason, len(result.trials)) == ("ExperimentGoalReached", 1)


@pytest.mark.parametrize("resource", [EPOCHS, FEW], ids=["int", "categorical"])
def test_whoever_reads_the_search_sees_the_resource(tmp_path: Path, resource: dict[str, Any]) -> None:
    """Its values lie outside the feasible space: table, page and Optuna's dashboard show them."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    result = run(search(SCRIPT, **hyperband(parameters=[double("lr", "0", "1"), resource])), runs=tmp_path)
    rows = list(csv.DictReader(io.StringIO(trials_csv(result))))
    assert [row["parameter.epochs"] for row in rows] == AMOUNTS
    assert "epochs" in html(result)
    storage = JournalStorage(JournalFileBackend(str(tmp_path / "tune" / "journal")))
    (study,) = optuna.get_all_study_names(storage)
    trials = optuna.load_study(study_name=study, storage=storage).trials
    assert [str(trial.params["epochs"]) for trial in trials] == AMOUNTS
    assert all(trial.distributions["epochs"]._contains(trial.params["epochs"]) for trial in trials)


def test_failed_trials_run_again_in_their_rung(tmp_path: Path) -> None:
    """A first rung that failed whole gives its bracket another chance."""
    script = f"test ${{trialParameters.epochs}} != 1 || test -e {tmp_path}/mended || exit 1; {PRINT}"
    failed = run(search(script, **hyperband()), runs=tmp_path)
    assert epochs(failed) == [*AMOUNTS[:4], *AMOUNTS[7:]]
    (tmp_path / "mended").touch()
    mended = run(search(script, **hyperband()), runs=tmp_path, retry_failed=True)
    assert (mended.reason, sorted(epochs(mended))) == ("ExperimentSuggestionEndReached", sorted(AMOUNTS))


def test_points_of_the_user_run_beside_the_plan(tmp_path: Path) -> None:
    """With all of the resource, each once."""
    made = search(SCRIPT, **hyperband())
    result = run(made, runs=tmp_path, enqueue=[{"lr": "0.5"}])
    assert dict(result.trials[0].parameters) == {"lr": "0.5", "epochs": "4"}
    assert epochs(result)[1:] == AMOUNTS


def test_kill_at_random_moments(tmp_path: Path) -> None:
    """Nothing that finished is lost or run twice, and the same is suggested as without the kills."""
    most, kills = ("32", MOMENTS) if MOMENTS > 5 else ("4", 3)  # there has to be something left to kill
    runs, script = tmp_path / "runs", f"sleep 0.1; {SCRIPT}"
    document = manifest(script, **hyperband(most))
    done = drive.kill_at_random_moments(document, runs, most_seconds=0.1, kills=kills)
    result = run(search(script, **hyperband(most)), runs=runs)
    assert done.items() <= finished(runs).items()
    assert result.reason == "ExperimentSuggestionEndReached"
    undisturbed = run(search(SCRIPT, **hyperband(most)), runs=tmp_path / "other")
    assert [each.parameters for each in result.trials] == [each.parameters for each in undisturbed.trials]
