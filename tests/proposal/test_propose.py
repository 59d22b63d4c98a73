# SPDX-License-Identifier: Apache-2.0
"""What is searched of all that a script takes, and that the outcome is a valid manifest."""

from __future__ import annotations

import argparse
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfp_katib.engines.engine import ENGINES, named
from kfp_katib.errors import InputError
from kfp_katib.experiment import check, load
from kfp_katib.proposal import Proposal, Typed, Wishes, guessed, propose, to_text
from kfp_katib.proposal.asking import arguments_of
from kfp_katib.proposal.describe import described
from kfp_katib.proposal.propose import MOST_SEARCHED
from kfp_katib.proposal.script_option import Arguments, ScriptOption
from tests.proposal import scripts
from tests.proposal.parsers import parsers

LR = ScriptOption(("--lr",), "float", "0.1")


def proposed(*options: ScriptOption, words: tuple[str, ...] = (), **wishes: Any) -> Proposal:
    """The proposal for a script with these options."""
    command = Typed(("python", "train.py", *words), "train.py", 2)
    return propose(command, Arguments(options), Wishes(**wishes))


def searched(found: Proposal) -> list[str]:
    """The flags that are searched."""
    return [each.option.flag for each in found.searched]


def reasons(found: Proposal) -> dict[str, str]:
    """The flags that are left alone, each with the reason."""
    return {each.option.flag: each.why for each in found.left}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("digits", ["--batch-size", "--lr", "--gamma"]),
        ("layers", ["--batch", "--learning-rate", "--units", "--dropout", "--optimizer", "--n-dense"]),
        ("forest", ["--C", "--kernel", "--n_estimators", "--max_depth", "--alpha"]),
        (
            "fine_tuning",
            [
                "--per_device_train_batch_size",
                "--learning_rate",
                "--weight_decay",
                "--lr_scheduler_type",
                "--warmup_ratio",
                "--optim",
            ],
        ),
        ("with_click", ["--lr", "--batch-size", "--opt", "--nesterov"]),
        ("with_absl", ["--batch_size", "--lr", "--nesterov", "--opt"]),
    ],
)
def test_what_a_script_is_tuned_for(name: str, expected: list[str]) -> None:
    """What one would choose by hand, in the script's order."""
    command = scripts.line(name, *scripts.NEEDED[name])
    assert searched(propose(command, scripts.arguments_of(name, *scripts.NEEDED[name]), Wishes())) == expected


@pytest.mark.parametrize("name", scripts.NEEDED)
def test_every_scripts_proposal_has_no_finding(name: str) -> None:
    """Neither an error nor a warning, and both engines run it."""
    command = scripts.line(name, *scripts.NEEDED[name])
    found = propose(command, scripts.arguments_of(name, *scripts.NEEDED[name]), Wishes())
    text = to_text(found, guessed(None, None))
    assert check(text) == ()
    assert [named(engine).refusals(load(text)) for engine in ENGINES] == [[], []]


def test_a_flag_behind_the_script_is_not_searched() -> None:
    """It is kept as it is."""
    found = proposed(LR, ScriptOption(("--batch_size",), "int", "32"), words=("--lr", "0.5"))
    assert searched(found) == ["--batch_size"]
    assert found.typed.arguments == ("--lr", "0.5")
    assert "--lr" not in reasons(found)


def test_few_promising_options_are_searched_not_all() -> None:
    """The others say what their space would be."""
    many = [ScriptOption((f"--thing{number}",), "float", "0.5") for number in range(10)]
    found = proposed(*many, LR)
    assert len(found.searched) == MOST_SEARCHED
    assert "--lr" in searched(found)
    assert reasons(found)["--thing9"] == "others look more promising; its space would be double, 0.25 to 1"


def test_search_names_what_is_searched() -> None:
    """In whatever spelling, and although its name speaks against it."""
    options = (LR, ScriptOption(("--num-epochs",), "int", "10"), ScriptOption(("--wd",), "float", "0.1"))
    assert searched(proposed(*options, search=("num_epochs", "--LR"))) == ["--num-epochs", "--lr"]


@pytest.mark.parametrize(
    ("name", "why"),
    [("larning", "no such option. Did you mean 'learning'"), ("names", "it takes several values")],
)
def test_what_cannot_be_searched_is_refused(name: str, why: str) -> None:
    """By name, with the reason."""
    options = (ScriptOption(("--learning",), "float", "1"), ScriptOption(("--names",), takes="several"))
    with pytest.raises(InputError, match=f"--search {name}: .*{why}"):
        proposed(*options, search=(name,))


def test_of_options_that_exclude_each_other_one_is_searched() -> None:
    """None of them where the user has given one."""
    options = [ScriptOption((name,), "float", "0.1", rivals=0) for name in ("--lr", "--alpha")]
    found = proposed(*options)
    assert (searched(found), reasons(found)) == (
        ["--lr"],
        {"--alpha": "the script takes only one of it and --lr"},
    )
    assert searched(proposed(*options, ScriptOption(("--wd",), "float"), words=("--alpha=1",))) == ["--wd"]


def test_what_is_required_and_not_searched_must_be_given() -> None:
    """The message shows the command line to type."""
    needed = ScriptOption(("--data-dir",), required=True)
    with pytest.raises(
        InputError, match=r"does not start without --data-dir, .*-- python train.py --data-dir DATA_DIR"
    ):
        proposed(LR, needed)
    assert searched(proposed(LR, needed, words=("--data-dir", "x"))) == ["--lr"]


def test_what_is_required_is_searched_first() -> None:
    """Or every trial would fail."""
    many = [ScriptOption((f"--lr{number}_lr",), "float", "0.5") for number in range(10)]
    assert "--thing" in searched(proposed(*many, ScriptOption(("--thing",), "float", "3", required=True)))


def test_nothing_to_search_is_refused_with_every_reason() -> None:
    """So that one sees what the script would need."""
    with pytest.raises(
        InputError,
        match=r"(?s)no option to search\. Name one by --search, .*\n    --seed: a seed.*--fast: a switch",
    ):
        proposed(ScriptOption(("--seed",), "int", "1"), ScriptOption(("--fast",), takes="nothing"))


def test_options_that_all_have_a_value_leave_nothing_to_search() -> None:
    """The message says which to leave out, beside the reasons of the others."""
    seed = ScriptOption(("--seed",), "int", "1")
    with pytest.raises(
        InputError, match=r"(?s)--lr: it has a value.*leave it out there.*\n    --seed: a seed"
    ):
        proposed(LR, seed, words=("--lr", "1"))


@pytest.mark.parametrize(
    ("name", "why"),
    [("lr", "it has a value behind the script"), ("output", "it gets a folder of its own for each trial")],
)
def test_an_option_that_is_taken_is_not_said_to_be_missing(name: str, why: str) -> None:
    """The script has it."""
    with pytest.raises(InputError, match=f"--search {name}: {why}"):
        proposed(LR, ScriptOption(("--output",)), words=("--lr=1",), search=(name,))


@pytest.mark.parametrize(
    "flag", ["--output", "--output_dir", "--model-dir", "--models", "--save-dir", "--modelDir"]
)
def test_a_folder_for_the_model_is_the_trials_own(flag: str) -> None:
    """Unless the user gives it."""
    option = ScriptOption((flag,))
    output = proposed(LR, option).output
    assert output == option
    assert proposed(LR, option, words=(flag, "out")).output is None


@pytest.mark.parametrize("flag", ["--log-dir", "--model", "--output-size", "--data-dir"])
def test_another_folder_is_not(flag: str) -> None:
    """A model's name, or a size, even less."""
    assert proposed(LR, ScriptOption((flag,))).output is None


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("train.py", "train"),
        ("src/My_Train.py", "my-train"),
        ("pkg.fit", "fit"),
        ("3d.py", "d"),
        ("7.py", "search"),
    ],
)
def test_the_experiment_is_named_after_the_script(script: str, name: str) -> None:
    """As Kubernetes takes it."""
    assert propose(Typed(("python", script), script, 2), Arguments((LR,)), Wishes()).name == name


def test_names_of_parameters_fit_katibs_placeholders() -> None:
    """No dots, nothing twice, and not that of the trial's own parameter."""
    names = ("--opt.lr", "--opt_lr", "--trial.lr", "--trial", "--@")
    found = proposed(*(ScriptOption((name,), "float", "0.5") for name in names))
    assert [each.name for each in found.searched] == ["opt_lr", "opt_lr_2", "trial_lr", "trial_2", "x"]


@pytest.mark.parametrize(
    "algorithm", ["random", "tpe", "multivariate-tpe", "grid", "bayesianoptimization", "cmaes", "sobol"]
)
def test_every_algorithm_gets_a_space_that_it_can_search(algorithm: str) -> None:
    """A grid gets lists and no more trials than cells; a Gaussian process no zero."""
    options = (LR, ScriptOption(("--dropout",), "float", "0.0"), ScriptOption(("--layers",), "int", "4"))
    found = proposed(*options, algorithm=algorithm, max_trials=100)
    experiment = load(to_text(found, guessed(None, None)))
    assert experiment.max_trial_count == (27 if algorithm == "grid" else 100)
    assert [named(engine).refusals(experiment) for engine in ENGINES] == [[], []]


@settings(deadline=None)  # it starts shells, to let them read the command
@given(parser=parsers(), algorithm=st.sampled_from(["tpe", "grid", "bayesianoptimization"]))
def test_any_parser_is_proposed_for_or_refused(parser: argparse.ArgumentParser, algorithm: str) -> None:
    """What comes out has no error; tpe's, which is the default, has no finding at all."""
    arguments = arguments_of(json.loads(json.dumps(described(parser))))
    try:
        found = propose(Typed(("python", "train.py"), "train.py", 2), arguments, Wishes(algorithm=algorithm))
    except InputError as error:
        assert "does not start without" in str(error) or "no option to search" in str(error)  # noqa: PT017
        return
    text = to_text(found, guessed(None, None))
    assert [
        str(problem) for problem in check(text) if problem.severity == "error" or algorithm == "tpe"
    ] == []
    assert [named(engine).refusals(load(text)) for engine in ENGINES] == [[], []]
