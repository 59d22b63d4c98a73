# SPDX-License-Identifier: Apache-2.0
"""darts and enas: the arguments are, letter by letter, those that Katib's services gave for the same space.

They were written down from the services of Katib 0.19, run in process.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfp_katib.engines.local.search.architectures import darts_assignments, enas_assignments
from kfp_katib.errors import InputError
from kfp_katib.experiment.parts import NasConfig, Operation
from tests.builders.experiment import one_of
from tests.engines.local.search.nets import CELLS, CHAIN, UNREAD, searched
from tests.engines.local.search.searching import asked, end, search

LAYERS = [[3], [7, 1], [0, 0, 1], [3, 1, 1, 0]]


def test_what_a_trial_of_darts_is_told() -> None:
    """Given settings are texts, the others numbers; of each operation the list of its first parameter."""
    given = {"num_epochs": "3", "batch_size": "None", "seed": "7", "w_lr": "0.05"}
    assert darts_assignments(CELLS, given) == {
        "algorithm-settings": "{'num_epochs': '3', 'w_lr': '0.05', 'w_lr_min': 0.001, 'w_momentum': 0.9, "
        "'w_weight_decay': 0.0003, 'w_grad_clip': 5.0, 'alpha_lr': 0.0003, 'alpha_weight_decay': 0.001, "
        "'batch_size': null, 'num_workers': 4, 'init_channels': 16, 'print_step': 50, 'num_nodes': 4, "
        "'stem_multiplier': 3, 'seed': '7'}",
        "search-space": "['separable_convolution_3x3', 'separable_convolution_5x5', 'max_pooling_3x3', "
        "'skip_connection']",
        "num-layers": "3",
    }


def test_every_trial_of_darts_is_told_the_same() -> None:
    """As many trials as are asked for, though Katib's service answers once; each searches by itself."""
    darts = search(searched(CELLS, "darts"))
    told = [asked(darts).parameters for _ in range(20)]
    assert told == [darts_assignments(CELLS, {})] * 20


def test_what_a_trial_of_enas_is_told() -> None:
    """The architecture as numbers of operations and bits, and the operations that it uses in order of use."""
    assert enas_assignments(CHAIN, LAYERS) == {
        "architecture": "[[3], [7, 1], [0, 0, 1], [3, 1, 1, 0]]",
        "nn_config": "{'num_layers': 4, 'input_sizes': [32, 32, 3], 'output_sizes': [10], 'embedding': "
        "{'3': {'opt_id': 3, 'opt_type': 'convolution', 'opt_params': {'filter_size': '5', 'stride': '2'}}, "
        "'7': {'opt_id': 7, 'opt_type': 'reduction', 'opt_params': {'kind': 'max_pooling', "
        "'pool_size': 3}}, '0': {'opt_id': 0, 'opt_type': 'convolution', 'opt_params': {'filter_size': '3', "
        "'stride': '1'}}}}",
    }


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (5, "'convolution', 'opt_params': {'filter_size': '7', 'stride': '2'}"),
        (6, "'reduction', 'opt_params': {'kind': 'max_pooling', 'pool_size': 2}"),
        (8, "'dropout', 'opt_params': {'rate': 0.25}"),
        (10, "'dropout', 'opt_params': {'rate': 0.75}"),
    ],
)
def test_operations_are_numbered_through_all_kinds(number: int, told: str) -> None:
    """The last parameter changes fastest; ints and doubles are numbers in the text."""
    config = enas_assignments(replace(CHAIN, layers=1), [[number]])["nn_config"]
    assert f"'opt_id': {number}, 'opt_type': {told}}}" in config


def test_what_katibs_service_cannot_read_is_read_here() -> None:
    """A discrete parameter, an int without a step, a double that misses its max, an operation of one kind."""
    nas = NasConfig(1, (8,), (2,), (UNREAD, Operation("identity")))
    last = enas_assignments(nas, [[7]])["nn_config"]
    assert "'opt_params': {'size': '3', 'stride': 2, 'rate': 0.4}" in last
    assert "'opt_type': 'identity', 'opt_params': {}" in enas_assignments(nas, [[8]])["nn_config"]


def test_a_space_too_large_to_be_listed() -> None:
    """Ten thousand million operations: one is made when it is drawn."""
    texts = [str(number) for number in range(10)]
    nas = NasConfig(1, (8,), (2,), (Operation("any", tuple(one_of(f"p{i}", *texts) for i in range(10))),))
    (layer,) = layers_of(asked(search(searched(nas, "enas"))).parameters)
    assert 0 <= layer[0] < 10**10


def layers_of(parameters: Mapping[str, str]) -> list[list[int]]:
    """The architecture, read as the trial reads it."""
    layers: list[list[int]] = json.loads(parameters["architecture"].replace("'", '"'))
    return layers


def drawn(count: int, **settings: str) -> list[list[list[int]]]:
    """The architectures of a search with two trials at a time."""
    enas = search(searched(CHAIN, "enas", settings))
    return [layers_of(asked(enas).parameters) for _ in range(count)]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_an_architecture_of_enas_fits_its_config(seed: int) -> None:
    """Layer k has an operation and k bits, and the config is that of this very architecture."""
    enas = search(searched(CHAIN, "enas", {"random_state": str(seed)}))
    told = asked(enas).parameters
    layers = layers_of(told)
    assert [len(layer) for layer in layers] == [1, 2, 3, 4]
    assert all(bit in (0, 1) for layer in layers for bit in layer[1:])
    assert enas_assignments(CHAIN, layers) == told


def share(architectures: list[list[list[int]]]) -> float:
    """How many of the earlier layers are inputs of a layer."""
    return fmean(bit for layers in architectures for layer in layers for bit in layer[1:])


def test_operations_stay_equally_likely() -> None:
    """Eleven operations, four layers, 500 trials: each comes about 182 times."""
    counts = Counter(layer[0] for layers in drawn(500, random_state="1") for layer in layers)
    assert set(counts) == set(range(11))
    assert all(120 < count < 250 for count in counts.values())  # five standard deviations


@pytest.mark.parametrize(
    ("controller", "first", "last"),
    [
        ({}, 0.5, 0.308),
        ({"controller_skip_weight": "None"}, 0.5, 0.5),
        ({"controller_skip_target": "0.8"}, 0.5, 0.941),
        ({"controller_skip_target": "1"}, 0.5, 1),
    ],
    ids=["as usual", "no penalty", "many", "all"],
)
def test_inputs_go_where_katibs_controller_takes_them(
    controller: dict[str, str], first: float, last: float
) -> None:
    """Half of them for about 30 requests of 50 training steps; then where its penalty is least.

    Katib's controller, restated with its gradients and its optimizer, fell from 0.49 to 0.32 between 1,300
    and 1,700 steps, with three or with eight layers, for a mean value of 0.7 and of -0.5; its share ended at
    0.308 for the target 0.4, at 0.941 for 0.8.
    """
    shares = drawn(450, random_state="2", **controller)
    assert share(shares[:25]) == pytest.approx(first, abs=0.13)  # 25 times 6 bits: three standard deviations
    assert share(shares[45:]) == pytest.approx(last, abs=0.04)


def test_more_training_comes_to_the_same_share_earlier() -> None:
    """Katib trains before each request but the first."""
    quick = drawn(100, random_state="3", controller_train_steps="2000", controller_skip_target="0.9")
    assert share(quick[4:]) > 0.95
    assert share(drawn(30, random_state="3", controller_train_steps="1")) == pytest.approx(0.5, abs=0.13)


@pytest.mark.parametrize("algorithm", ["darts", "enas"])
def test_a_search_goes_on_from_its_journal_alone(algorithm: str, tmp_path: Path) -> None:
    """Opened anew after each trial it suggests what one search does that is never closed."""
    nas = CELLS if algorithm == "darts" else CHAIN
    wanted = searched(nas, algorithm, {"random_state": "5"})
    at_once = search(wanted)
    expected = [asked(at_once).parameters for _ in range(6)]
    for number, parameters in enumerate(expected):
        suggestions = search(wanted, tmp_path)
        assert asked(suggestions).parameters == parameters
        end(suggestions, number, 0.5)


@pytest.mark.parametrize(
    ("algorithm", "changes", "words"),
    [
        ("enas", {"architecture": "[[99], [0, 1], [0, 0, 0], [0, 0, 0, 0]]"}, "another architecture"),
        ("enas", {"architecture": "[[0]]"}, "another architecture"),
        ("enas", {"architecture": "5"}, "no architecture"),
        ("enas", {"architecture": "[[[]], [0, 1], [0, 0, 0], [0, 0, 0, 0]]"}, "no architecture"),
        ("enas", {"nn_config": "{}"}, "another architecture"),
        ("enas", {"other": "1"}, "values of other parameters"),
        ("darts", {"other": "1"}, "values of other parameters"),
    ],
)
def test_a_damaged_architecture_is_found(
    algorithm: str, changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    """A journal whose trial is none of this search is refused, and says which."""
    wanted = searched(CELLS if algorithm == "darts" else CHAIN, algorithm)
    asked(search(wanted, tmp_path))
    file = tmp_path / "search" / "journal"
    *lines, last = file.read_text().splitlines()
    trial = json.loads(last)
    trial["user_attrs"]["kfp-katib:parameters"] |= changes
    file.write_text("\n".join([*lines, json.dumps(trial)]) + "\n")
    with pytest.raises(InputError, match=f"trial 0 has {words}"):
        search(wanted, tmp_path)
