# SPDX-License-Identifier: Apache-2.0
"""A trial's whole command: what it ran, as one line for a shell."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.errors import InputError
from kfp_katib.experiment import Experiment
from kfp_katib.experiment.model import Collector, TrialParameter, TrialTemplate
from kfp_katib.results import Trial
from kfp_katib.trial.to_paste import caution, command_line
from tests.builders.experiment import experiment
from tests.builders.manifest import job
from tests.builders.result import bare_trial

TRIAL = bare_trial("tune-x", parameters={"lr": "0.1"})


def templated(spec: dict[str, Any] | None, kind: str = "StdOut") -> Experiment:
    """A search with a trial template; the collector's kind says whether Katib rewrites the command."""
    parameters = (TrialParameter("lr", "lr"), TrialParameter("trial", "${trialSpec.Name}"))
    template = TrialTemplate(spec, parameters, "training", True, "", "")
    return replace(experiment(), trial_template=template, collector=Collector(kind, "", "TEXT", ()))


def running(*command: str, kind: str = "StdOut", **fields: Any) -> Experiment:
    """A search whose trials run a command; `fields` are the container's other ones."""
    return templated(job({"command": list(command), **fields}), kind)


def printed(line: str, **environment: str) -> str:
    """What a shell prints that somebody pastes a line into."""
    env = os.environ | environment
    return subprocess.run(line, shell=True, env=env, check=True, capture_output=True).stdout.decode()


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (("python3", "train.py", "--lr=${trialParameters.lr}"), "python3 train.py --lr=0.1"),
        (("sh", "-c", "cd x && train ${trialParameters.lr}"), "sh -c 'cd x && train 0.1'"),
        (("bash", "-c", "set -o pipefail; a | b"), "bash -c 'set -o pipefail; a | b'"),
        (("sh", "-c", "train", "--lr ${trialParameters.lr}"), "sh -c 'train --lr 0.1'"),
        (("train", "--lr ${trialParameters.lr} -v"), "sh -c 'train --lr 0.1 -v'"),
        (("sh", "-c", "echo it's"), """sh -c 'echo it'"'"'s'"""),
        (("train", "--name=${trialParameters.trial}"), "train --name=tune-x"),
        (("train", "$(HOME)", "--cost=5$$"), "sh -c 'train $(HOME) --cost=5$'"),
    ],
    ids=["program", "script", "bash", "joined", "split again", "quote", "name", "dollars"],
)
def test_it_is_the_command_that_katib_makes_of_the_manifest(command: tuple[str, ...], line: str) -> None:
    """A program stays a program, a script stays one, and a word that Katib's shell splits is split here."""
    assert command_line(running(*command), TRIAL) == line


def test_args_follow_the_command() -> None:
    """As in the container."""
    made = running("train", args=["--lr", "${trialParameters.lr}"])
    assert command_line(made, TRIAL) == "train --lr 0.1"


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00$", exclude_categories=["Cs"])))
def test_any_script_comes_through_the_paste_as_it_was(text: str) -> None:
    """What a shell gets as its script is what the manifest says."""
    line = command_line(running("sh", "-c", f"x{text}"), TRIAL)
    assert printed(line.replace("sh -c", "printf %s", 1)) == f"x{text}"


def test_variables_stand_before_the_command() -> None:
    """Those that the manifest sets, in its order, one made of another; a pasted line prints the same."""
    env = [{"name": "A", "value": "x y"}, {"name": "B", "value": "$(A)-${trialParameters.lr}"}]
    line = command_line(running("sh", "-c", 'echo "$B" $(A)', env=env), TRIAL)
    assert line == """A='x y' B='x y-0.1' sh -c 'echo "$B" x y'"""
    assert printed(line) == "x y-0.1 x y\n"


def test_a_variable_from_elsewhere_is_read_where_the_line_is_pasted() -> None:
    """A secret stands neither in the manifest nor in the line."""
    secret = {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
    env = [secret, {"name": "URL", "value": "http://u:$(TOKEN)@h/a b"}]
    line = command_line(running("sh", "-c", 'echo "$URL" $(TOKEN)', env=env), TRIAL)
    assert printed(line, TOKEN="t0") == "http://u:t0@h/a b t0\n"


def test_where_katib_does_not_collect_each_argument_stays_one() -> None:
    """No shell reads the words again."""
    assert command_line(running("train", "a b", kind="None"), TRIAL) == "train 'a b'"


def test_paths_are_the_manifests_own() -> None:
    """Nothing leads into the folder of a trial that has its metrics."""
    assert command_line(running("train", "--out=/out/m", kind="File"), TRIAL) == "train --out=/out/m"


def test_another_kind_of_trial_has_its_command_too() -> None:
    """That of the first container with the primary one's name: a PyTorchJob's master."""
    master = job({"command": ["train", "${trialParameters.lr}"]})["spec"]
    worker = job({"command": ["work"]})["spec"]
    replicas = {"pytorchReplicaSpecs": {"Master": master, "Worker": worker}}
    assert command_line(templated({"kind": "PyTorchJob", "spec": replicas}), TRIAL) == "train 0.1"


@pytest.mark.parametrize(
    ("made", "trial", "why"),
    [
        (running(), TRIAL, "container 'training' has no command"),
        (
            running("a ${trialParameters.lr}"),
            bare_trial("t", parameters={}),
            "trial 't' has no value of 'lr'",
        ),
        (templated(None), TRIAL, "its trial template is in a ConfigMap"),
        (experiment(), TRIAL, "has no container 'training'"),
    ],
    ids=["entrypoint", "parameter", "ConfigMap", "no container"],
)
def test_a_command_that_the_manifest_does_not_say_is_refused(
    made: Experiment, trial: Trial, why: str
) -> None:
    """With the reason."""
    with pytest.raises(InputError, match=f"The command of Experiment 'tune' is not known: .*{why}"):
        command_line(made, trial)


@pytest.mark.parametrize(
    ("line", "kind", "said"),
    [
        ("cd . && train --out=/out", "None", ""),
        ("train --log=/var/log/katib/x", "File", "In the trial, /var/log/katib was a place of its own"),
        ("train --log=/var/log/katib2/x", "File", ""),
    ],
)
def test_only_a_place_of_the_trials_own_is_one_to_know_of(line: str, kind: str, said: str) -> None:
    """Whatever else stands in the command is where it says."""
    told = caution(running("sh", "-c", line, kind=kind), TRIAL)
    assert told.startswith(said) if said else told == ""
