# SPDX-License-Identifier: Apache-2.0
"""The space of one option: bounds around its default, and a scale that suits its name."""

from __future__ import annotations

import pytest

from kfp_katib.proposal.feasible import NoSpace, Space, feasible, short, suited
from kfp_katib.proposal.propose import described
from kfp_katib.proposal.script_option import ScriptOption


@pytest.mark.parametrize(
    ("flag", "type_", "default", "space"),
    [
        ("--lr", "float", "0.01", "double, 0.001 to 0.1, logarithmic"),
        ("--lr", "float", None, "double, 0.0001 to 0.1, logarithmic"),
        ("--lr", "", "0.01", "double, 0.001 to 0.1, logarithmic"),
        ("--learningRate", "float", "5e-05", "double, 5e-06 to 0.0005, logarithmic"),
        ("--encoder_lr", "float", "0.01", "double, 0.001 to 0.1, logarithmic"),
        ("--weight-decay", "float", "0.0", "double, 1e-06 to 0.01, logarithmic"),
        ("--kl_weight", "float", "0.5", "double, 0.05 to 5, logarithmic"),
        ("--C", "float", "1.0", "double, 0.1 to 10, logarithmic"),
        ("--batch-size", "int", "64", "one of 16, 32, 64, 128"),
        ("--batch_size", "int", "100", "one of 32, 64, 128, 256"),
        ("--bs", "int", None, "one of 16, 32, 64, 128"),
        ("--batch", "int", "1", "int, 1 to 2"),
        ("--hidden", "int", "100", "one of 25, 50, 100, 200"),
        ("--embed-dim", "int", None, "one of 32, 64, 128, 256"),
        ("--dropout", "float", "0.1", "double, 0 to 0.5"),
        ("--drop_path_rate", "float", "0.8", "double, 0 to 0.9"),
        ("--momentum", "float", "0.9", "double, 0.5 to 0.99"),
        ("--momentum", "float", "0", "double, 0 to 0.99"),
        ("--beta2", "float", "0.999", "double, 0.9 to 0.9999"),
        ("--gamma", "float", "0.1", "double, 0.05 to 0.99"),
        ("--warmup-ratio", "float", "0.0", "double, 0 to 0.2"),
        ("--layers", "int", "4", "int, 2 to 8"),
        ("--max_depth", "int", None, "int, 2 to 12"),
        ("--n_estimators", "int", "100", "int, 50 to 200, logarithmic"),
        ("--subsample", "float", "1.0", "double, 0.5 to 1"),
        ("--dropout", "float", "1.5", "double, 0.75 to 3"),
        ("--momentum", "float", "2.0", "double, 1 to 4"),
        ("--layers", "float", "2.5", "double, 1.25 to 5"),
        ("--thing", "float", "0.5", "double, 0.25 to 1"),
        ("--thing", "float", "0.001", "double, 0.0001 to 0.01, logarithmic"),
        ("--thing", "int", "10", "int, 5 to 20"),
    ],
)
def test_the_name_and_the_default_make_the_space(
    flag: str, type_: str, default: str | None, space: str
) -> None:
    """As one would write it by hand."""
    found = feasible(ScriptOption((flag,), type_, default))
    assert isinstance(found, Space)
    assert described(found) == space


@pytest.mark.parametrize(
    ("option", "why"),
    [
        (ScriptOption(("--seed",), "int", "1"), "a seed"),
        (ScriptOption(("--num-epochs",), "int", "9"), "how long a trial takes"),
        (ScriptOption(("--max_steps",), "int", "-1"), "how long a trial takes"),
        (ScriptOption(("--num_workers",), "int", "4"), "how fast a trial is"),
        (ScriptOption(("--master-port",), "int", "29500"), "where a trial runs"),
        (ScriptOption(("--device",), choices=("cpu", "cuda")), "where a trial runs"),
        (ScriptOption(("--log-interval",), "int", "10"), "what a trial tells"),
        (ScriptOption(("--data-dir",), "str", "data"), "names something"),
        (ScriptOption(("--eval_batch_size",), "int", "64"), "the evaluation"),
        (ScriptOption(("--loss",), choices=("l1", "l2")), "could not be compared"),
        (ScriptOption(("--num-heads",), "int", "8"), "divide the width"),
        (ScriptOption(("--sizes",), "int", takes="several"), "several values"),
        (ScriptOption(("--fast",), takes="nothing"), "a switch without a value"),
        (ScriptOption(("--augment",), "truthy", "False"), "type=bool takes every text for true"),
        (ScriptOption(("--optimizer",), "str", "adam"), "choices="),
        (ScriptOption(("--thing",), "str", "x"), "nothing says which values"),
        (ScriptOption(("--thing",), "float"), "its default is not known"),
        (ScriptOption(("--thing",), "float", "-1.0"), "no number to build a range around"),
        (ScriptOption(("--été",), "float", "1"), "its name holds characters"),
        (ScriptOption(("--act",), choices=("relu",)), "one choice only"),
        (ScriptOption(("--act",), choices=("a b", "c")), "a shell would take apart"),
        (ScriptOption(("--act",), choices=tuple(map(str, range(50)))), "50 choices are more"),
    ],
)
def test_what_is_better_left_alone_says_why(option: ScriptOption, why: str) -> None:
    """In words for the manifest's comment."""
    found = feasible(option)
    assert isinstance(found, NoSpace)
    assert why in found.why


@pytest.mark.parametrize(
    ("option", "space"),
    [
        (
            ScriptOption(("--act",), choices=("relu", "gelu")),
            Space("categorical", "", values=("relu", "gelu"), start="relu"),
        ),
        (
            ScriptOption(("--act",), "int", choices=("all", "3")),
            Space("categorical", "", values=("all", "3"), start="all"),
        ),
        (
            ScriptOption(("--act",), "int", "3", choices=("1", "3")),
            Space("discrete", "", values=("1", "3"), start="3"),
        ),
        (
            ScriptOption(("--act",), "int", "3", choices=tuple(map(str, range(1, 30)))),
            Space("int", "", 1, 29, start="3"),
        ),
        (
            ScriptOption(("--bias",), "bool", "False"),
            Space("categorical", "", values=("true", "false"), start="true", rank=3),
        ),
        (
            ScriptOption(("--bias",), takes="either", off="--no-bias"),
            Space("categorical", "", values=("--bias", "--no-bias"), start="--bias", rank=3),
        ),
    ],
    ids=["words", "words among numbers", "numbers", "a range", "yes or no", "a pair of switches"],
)
def test_choices_are_all_of_them(option: ScriptOption, space: Space) -> None:
    """Started from the default."""
    found = feasible(option)
    assert isinstance(found, Space)
    assert (
        type(space)(found.type, "", found.low, found.high, found.log, found.values, found.start, found.rank)
        == space
    )


@pytest.mark.parametrize(
    ("space", "values"),
    [
        (Space("double", "", 0.01, 1, log=True), ("0.01", "0.1", "1")),
        (Space("double", "", 0, 0.5), ("0", "0.25", "0.5")),
        (Space("int", "", 1, 4), ("1", "2", "4")),
        (Space("int", "", 1, 2), ("1", "2")),
        (Space("categorical", "", values=("a", "b")), ("a", "b")),
    ],
)
def test_a_grid_has_few_values(space: Space, values: tuple[str, ...]) -> None:
    """Both ends and the middle, on the space's own scale."""
    assert suited(space, "grid").values == values


@pytest.mark.parametrize(
    ("value", "text"), [(64.0, "64"), (1e-05, "1e-05"), (0.1 + 0.2, "0.3"), (2.0**30, "1073741824")]
)
def test_numbers_are_short(value: float, text: str) -> None:
    """And an int is one."""
    assert short(value) == text
