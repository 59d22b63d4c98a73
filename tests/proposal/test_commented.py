# SPDX-License-Identifier: Apache-2.0
"""The manifest's text: valid, commented, and safe whatever a script says."""

from __future__ import annotations

import shlex

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kfp_katib.experiment import load
from kfp_katib.proposal import Objective, Typed, Wishes, guessed, propose, to_text
from kfp_katib.proposal.script_option import Arguments, ScriptOption
from kfp_katib.trial.template import container

LR = ScriptOption(("--lr",), "float", "0.1", help="learning rate")
OUT = ScriptOption(("--output-dir",))


def text(
    *options: ScriptOption, words: tuple[str, ...] = (), objective: Objective | None = None, **wishes: str
) -> str:
    """The manifest for a script with these options."""
    command = Typed(("python", "train.py", *words), "train.py", 2)
    found = propose(command, Arguments(options), Wishes(**wishes))  # type: ignore[arg-type]
    return to_text(found, objective or guessed(None, None))


def command(manifest: str) -> list[str]:
    """The command of a trial's container."""
    template = yaml.safe_load(manifest)["spec"]["trialTemplate"]["trialSpec"]
    (only,) = template["spec"]["template"]["spec"]["containers"]
    return list(only["command"])


def test_every_guess_has_its_reason_above_it() -> None:
    """The option's own words, then ours."""
    lines = text(LR, ScriptOption(("--seed",), "int", "1")).splitlines()
    at = lines.index("    - name: lr")
    assert lines[at - 3 : at] == [
        "    # --lr: learning rate",
        "    # From a tenth to ten times its default, 0.1; its order of magnitude matters, so on a",
        "    # logarithmic scale.",
    ]
    assert "    #   --seed (default 1): a seed: trials differ in what is searched, not by luck." in lines


def test_values_reach_the_script_by_its_own_flags() -> None:
    """Joined by `=`, but for a short flag; a pair of switches stands alone."""
    short = ScriptOption(("-b",), "int", "4")
    amp = ScriptOption(("--bias",), takes="either", off="--no-bias")
    assert command(text(LR, short, amp)) == [
        "python",
        "train.py",
        "--lr=${trialParameters.lr}",
        "-b",
        "${trialParameters.b}",
        "${trialParameters.bias}",
    ]


@pytest.mark.parametrize(
    "word", ["a b", "$HOME", "x;y", "it's", '"', "é", "#", "3", "yes", "a: b", "*", "{x}", "\\", ""]
)
def test_what_the_user_typed_arrives_as_it_was(word: str) -> None:
    """Through YAML and through the shell that Katib joins it for."""
    manifest = text(LR, words=(f"--name={word}", word))
    assert shlex.split(" ".join(command(manifest)[2:4])) == [f"--name={word}", word]
    assert container(load(manifest), "t", {"lr": "0.1"}).command


def test_the_image_is_the_users_or_asked_for() -> None:
    """The comment says how to give it."""
    assert 'image: "${pipeline.image}"' in text(LR)
    assert "--image IMAGE" in text(LR)
    assert 'image: "reg.example.org/you/train:1"' in text(LR, image="reg.example.org/you/train:1")


def test_a_folder_for_the_model_follows_the_checkpoint_contract() -> None:
    """Each trial has its own; without such an option nothing of it is there."""
    manifest = text(LR, OUT)
    assert command(manifest)[-1] == (
        '--output-dir="${pipeline.models}/${pipeline.experiment}/${trialParameters.trial}/"'
    )
    assert '- {name: trial, reference: "${trialSpec.Name}"}' in manifest
    assert "docs/how-to/checkpoints.md" in manifest
    assert "pipeline.models" not in text(LR)


def test_a_script_that_prints_otherwise_gets_a_filter() -> None:
    """One that Katib's collector takes."""
    manifest = text(LR, objective=Objective("loss", "minimize", "found", r"'(loss)':\s*([\d.]+)"))
    assert load(manifest).collector.filters == (r"'(loss)':\s*([\d.]+)",)
    assert "metricsCollectorSpec" not in text(LR)


def test_metrics_beside_the_objective_are_collected() -> None:
    """By Katib's own filter."""
    objective = Objective("loss", "minimize", "found", others=("acc", "on"))
    assert load(text(LR, objective=objective)).objective.metrics == ("loss", "acc", "on")


def test_a_job_fails_at_once_and_completes_in_a_mesh() -> None:
    """What a newcomer would find out on a cluster."""
    template = yaml.safe_load(text(LR))["spec"]["trialTemplate"]
    job = template["trialSpec"]["spec"]
    assert template["primaryContainerName"] == job["template"]["spec"]["containers"][0]["name"]
    assert (job["backoffLimit"], job["template"]["spec"]["restartPolicy"]) == (0, "Never")
    assert job["template"]["metadata"]["labels"] == {"sidecar.istio.io/inject": "false"}


def test_lines_can_be_read_without_scrolling() -> None:
    """A long help text is cut, a long reason wrapped."""
    wordy = ScriptOption(("--wd",), "float", "0.1", help="word " * 200)
    assert max(map(len, text(LR, wordy, OUT, ScriptOption(("--x",), help="y " * 300)).splitlines())) <= 110


@settings(deadline=None)
@given(st.text(), st.text(), st.text())
def test_whatever_a_script_says_stays_a_comment(says: str, default: str, why: str) -> None:
    """No line of its help becomes a line of the manifest."""
    options = (
        ScriptOption(("--lr",), "float", "0.1", help=says),
        ScriptOption(("--x",), "str", default, help=says),
    )
    plain = yaml.safe_load(text(LR))
    found = yaml.safe_load(text(*options, objective=Objective("loss", "minimize", why)))
    assert found == plain
