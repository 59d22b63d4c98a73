# SPDX-License-Identifier: Apache-2.0
"""`Experiment.build`: a manifest from Python's own values."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from kfp_katib import Experiment, load, run, search
from kfp_katib.errors import InputError, ManifestError
from kfp_katib.experiment import to_yaml
from tests.builders.manifest import CONTAINER

SPACE = {"lr": search.double(1e-4, 1e-1, log=True), "units": search.int(1, 4)}
BOTH = "${trialParameters.lr} ${trialParameters.units}"


def built(**changes: Any) -> Experiment:
    """An Experiment of which a test says only what it asks about."""
    given: dict[str, Any] = {
        "name": "tune",
        "objective": search.minimize("loss"),
        "parameters": SPACE,
        "command": ["python", "train.py"],
        "max_trials": 12,
        **changes,
    }
    return Experiment.build(**given)


def container(experiment: Experiment) -> dict[str, Any]:
    """What a trial runs."""
    found: dict[str, Any] = experiment.manifest["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"][
        "spec"
    ]["containers"][0]
    return found


def test_it_is_what_its_yaml_loads_as() -> None:
    """Nothing is in the object that the manifest has not, and no rule has a remark."""
    experiment = built()
    assert load(to_yaml(experiment)) == experiment
    assert experiment.warnings == ()
    assert repr(experiment) == (
        "<Experiment tune: minimize loss by tpe over lr, units, 12 trials, 3 at a time>"
    )


def test_a_strategy_that_is_a_direction_is_written() -> None:
    """Even where Katib's default is the same: only a written one counts."""
    experiment = built(objective=search.minimize("loss", additional={"seconds": "min"}))
    strategies = experiment.manifest["spec"]["objective"]["metricStrategies"]
    assert strategies == [{"name": "seconds", "value": "min"}]
    assert load(to_yaml(experiment)) == experiment


def test_every_argument_has_its_field() -> None:
    """Names and texts are Katib's."""
    experiment = built(
        objective=search.maximize("accuracy", goal=0.9, additional=["loss"], strategy="latest"),
        algorithm="random",
        algorithm_settings={"random_state": 7},
        parallel_trials=2,
        max_failed_trials=5,
        image="registry.example.org/train:1",
        env={"SEED": "1"},
        resources={"cpu": 2, "memory": "4Gi"},
    )
    spec = experiment.manifest["spec"]
    assert spec["objective"] == {
        "type": "maximize",
        "objectiveMetricName": "accuracy",
        "goal": 0.9,
        "additionalMetricNames": ["loss"],
        "metricStrategies": [{"name": "accuracy", "value": "latest"}],
    }
    assert experiment.algorithm.settings == {"random_state": "7"}
    assert [spec[f"{each}TrialCount"] for each in ("max", "parallel", "maxFailed")] == [12, 2, 5]
    assert container(experiment) == {
        "name": "training",
        "image": "registry.example.org/train:1",
        "command": [
            "python",
            "train.py",
            "--lr=${trialParameters.lr}",
            "--units=${trialParameters.units}",
        ],
        "env": [{"name": "SEED", "value": "1"}],
        "resources": {"limits": {"cpu": "2", "memory": "4Gi"}},
    }


@pytest.mark.parametrize(("trials", "at_a_time"), [(1, 1), (2, 2), (3, 3), (12, 3)])
def test_katibs_three_at_a_time_or_fewer(trials: int, at_a_time: int) -> None:
    """A search of one trial is no error; one whose trials all fail has failed."""
    experiment = built(max_trials=trials)
    assert experiment.parallel_trial_count == at_a_time
    assert experiment.max_failed_trial_count == trials


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (
            ["train", "--lr={lr}", "{units}"],
            ["train", "--lr=${trialParameters.lr}", "${trialParameters.units}"],
        ),
        (
            ["train", "${trialParameters.lr}", "{units}"],
            ["train", "${trialParameters.lr}", "${trialParameters.units}"],
        ),
        (
            ["sh", "-c", 'A={} B={"x":1} ${lr} {lr} {units}'],
            ["sh", "-c", 'A={} B={"x":1} ${lr} ' + BOTH],
        ),
        (["train", "it's {lr}", "{units}"], None),
    ],
    ids=["braces", "Katib's own form", "other braces stay", "a word with a quote"],
)
def test_a_value_stands_where_its_name_does(command: list[str], words: list[str] | None) -> None:
    """In braces, or as in a manifest; what only looks alike is left as it is."""
    found = container(built(command=command))["command"]
    assert found == (words or ["train", "'it'\"'\"'s ${trialParameters.lr}'", "${trialParameters.units}"])


@pytest.mark.parametrize(
    ("name", "flag"), [("lr", "--lr=${trialParameters.lr}"), ("--lr", "--lr=${trialParameters.lr}")]
)
def test_a_command_that_names_none_gets_flags(name: str, flag: str) -> None:
    """Each by its name; a name that is a flag already stays as it is."""
    experiment = built(parameters={name: search.double(0, 1)}, command=["python", "train.py", "--epochs=3"])
    assert container(experiment)["command"] == ["python", "train.py", "--epochs=3", flag]


def test_values_may_go_into_variables() -> None:
    """Then nothing is appended."""
    found = container(built(env={"LR": "{lr}", "UNITS": "{units}"}))
    assert found["command"] == ["python", "train.py"]
    assert [each["value"] for each in found["env"]] == BOTH.split()


def test_a_variable_may_be_empty() -> None:
    """Katib refuses the empty text, and Kubernetes takes a variable without one for the same."""
    assert container(built(env={"DEBUG": ""}))["env"] == [{"name": "DEBUG"}]


def test_the_trials_name_can_be_used() -> None:
    """As the checkpoint contract needs it; it is declared only where it is used."""
    place = "--out=${pipeline.models}/${pipeline.experiment}/{trial}"
    template = built(command=["train", "{lr}", "{units}", place]).trial_template
    assert [(each.name, each.reference) for each in template.parameters][-1] == ("trial", "${trialSpec.Name}")
    assert len(built().trial_template.parameters) == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"objective": "loss"}, r"objective is 'loss'. Give search.minimize\('loss'\)"),
        ({"objective": {"type": "minimize"}}, r"Give search.minimize\('loss'\)"),
        ({"parameters": {}}, "parameters is empty"),
        ({"parameters": {"epochs": 3}}, r"parameters\['epochs'\] is 3, .* belongs in command"),
        ({"command": "python train.py"}, r"command is text. .* \['python', 'train.py'\]"),
        ({"command": "echo 'a"}, "command is text"),
        ({"command": []}, "command is empty"),
        ({"max_trials": 0}, "max_trials is 0"),
        ({"command": ["train", "{lr}"]}, "names lr, but not units. Write {units} where"),
        ({"command": ["train", "{lr}", "{unit}"]}, "It holds {unit}: did you mean {units}?"),
        ({"command": ["sh", "-c", "python train.py"]}, r"after a script that follows -c .* {lr}"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_meant_is_refused(changes: dict[str, Any], message: str) -> None:
    """With what to write instead."""
    with pytest.raises(InputError, match=message):
        built(**changes)


def test_what_the_rules_refuse_is_refused_here_too() -> None:
    """All of it at once, as for a manifest."""
    with pytest.raises(ManifestError) as caught:
        built(parameters={"lr": search.double(1, 0.1)}, algorithm="tpee", name="My search")
    assert {each.rule for each in caught.value.problems} == {
        "min-above-max",
        "algorithm-unknown",
        "name-invalid",
    }
    assert str(caught.value).startswith("Experiment.build(name='My search'): 3 errors")


@pytest.mark.parametrize(
    ("changes", "rule", "path"),
    [
        ({"objective": search.minimize("loss", goal=math.nan)}, "bad-number", "spec.objective.goal"),
        ({"max_trials": 2**70}, "bad-number", "spec.maxTrialCount"),
        ({"image": Path("train")}, "not-plain", f"{CONTAINER}.image"),
        ({"env": {"SEED": "\ud800"}}, "not-text", f"{CONTAINER}.env[0].value"),
    ],
    ids=["no number", "too large a number", "no text", "half a surrogate pair"],
)
def test_what_no_manifest_can_hold_is_an_error_in_it(changes: dict[str, Any], rule: str, path: str) -> None:
    """With its field, as for a mapping that is loaded."""
    with pytest.raises(ManifestError, match=r"Experiment.build\(name='tune'\): 1 error") as caught:
        built(**changes)
    assert [(each.rule, each.path) for each in caught.value.problems] == [(rule, path)]


AWKWARD = [
    "import sys; print('loss=' + sys.argv[1]); print(\"rest\", *sys.argv[2:])",
    "{lr}",
    "{units}",
    "--opt={opt}",
    "a b",
    "it's",
    "$HOME",
    ">x",
]


def test_words_reach_the_program_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Katib joins them into a shell's line: quotes, blanks, dollars and values with blanks survive that."""
    monkeypatch.chdir(tmp_path)
    experiment = built(
        parameters={**SPACE, "opt": search.categorical(["sgd with momentum"])},
        command=["python", "-c", *AWKWARD],
        max_trials=2,
    )
    result = run(experiment)
    assert result.succeeded
    for trial in result.trials:
        units = trial.parameters["units"]
        assert trial.log_tail.splitlines()[1] == (f"rest {units} --opt=sgd with momentum a b it's $HOME >x")


def test_a_search_that_is_built_twice_is_one_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell that is run again goes on with a larger budget."""
    monkeypatch.chdir(tmp_path)
    command = ["sh", "-c", "echo loss={lr} {units}"]
    assert len(run(built(command=command, max_trials=2)).trials) == 2
    assert len(run(built(command=command, max_trials=3)).trials) == 3
