# SPDX-License-Identifier: Apache-2.0
"""The thresholds that ship tell a trained model from others, on showers of the kind that ships."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import training
from kfp_katib.steps.evaluate_model import allowed
from kfp_katib.steps.evaluation_page import Judgement
from tests.training.full_simulation import FullSimulation
from training.data.dataset import open_part
from training.evaluate import compare, flat
from training.export import export
from training.par04.generator import Generator
from training.prepare import prepare
from training.scaling import Floats
from training.vae import checkpoint
from training.vae.feed import Sources
from training.vae.fit import fit
from training.vae.settings import Settings
from training.vae.state import Store

SHIPPED = Path(training.__file__).parent / "thresholds.json"
TUNED = Settings(lr=3e-3, batch_size=64, kl_weight=5e-4, epochs=25)
"""Within the feasible space of training/experiment.yaml, whose trials have 30 epochs on more showers."""


@pytest.fixture(scope="module")
def showers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The twelve points of the default, on its mesh."""
    folder = tmp_path_factory.mktemp("default")
    prepare("", folder, showers=300)
    return folder


def trained(showers: Path, settings: Settings, folder: Path) -> Generator:
    """Train and export, as a pipeline does."""
    sources = Sources(open_part(showers, "training"), open_part(showers, "validation"))
    done = fit(sources, settings, lambda epoch: None, Store(folder, {}, seconds=math.inf))
    checkpoint.save(folder / "model", done, parameters=settings.as_text())
    export(folder / "model", folder / "exported")
    return Generator(folder / "exported")


def failed(generator: Generator, showers: Path) -> set[str]:
    """The observables in which a model does not pass."""
    metrics = flat(compare(generator, showers))
    ranges = allowed(json.loads(SHIPPED.read_text("utf-8")))
    return {name for name, ends in ranges.items() if not Judgement(name, metrics[name], *ends).passed}


def test_a_model_of_one_epoch_fails(showers: Path, tmp_path: Path) -> None:
    """By the distance that was tuned, 1.1 where 0.7 is allowed, and by more than it."""
    found = failed(trained(showers, replace(TUNED, epochs=1), tmp_path), showers)
    assert found >= {"physics_distance", "radial_first_moment_wasserstein", "radial_l1"}


def test_a_tuned_model_passes(showers: Path, tmp_path: Path) -> None:
    """Every threshold; the distance is 0.56."""
    assert failed(trained(showers, TUNED, tmp_path), showers) == set()


def all_alike(cells: Floats) -> Floats:
    """The mean shower, again and again."""
    return np.broadcast_to(cells.mean(axis=0), cells.shape)


def too_hot(cells: Floats) -> Floats:
    """Three percent more energy in each cell."""
    return np.asarray(cells * np.float32(1.03))


def too_deep(cells: Floats) -> Floats:
    """A quarter of the energy of each layer in the next one: one radiation length."""
    return np.asarray(0.75 * cells + 0.25 * np.roll(cells, 1, axis=3))


def too_wide(cells: Floats) -> Floats:
    """A tenth of the energy of each ring in the next one."""
    return np.asarray(0.9 * cells + 0.1 * np.roll(cells, 1, axis=1))


@pytest.mark.parametrize(
    ("wrong", "observables"),
    [
        pytest.param(all_alike, {"physics_distance", "layers_wasserstein"}, id="all alike"),
        pytest.param(too_hot, {"physics_distance", "energy_mean"}, id="too hot"),
        pytest.param(too_deep, {"longitudinal_l1", "layers_wasserstein"}, id="too deep"),
        pytest.param(
            too_wide, {"physics_distance", "radial_l1", "radial_first_moment_wasserstein"}, id="too wide"
        ),
    ],
)
def test_showers_that_are_wrong_in_one_way_fail(
    showers: Path, wrong: Callable[[Floats], Floats], observables: set[str]
) -> None:
    """Each threshold is there for a kind of mistake; to be all alike is one."""
    assert failed(FullSimulation(showers, wrong=wrong), showers) == observables


def test_full_simulation_passes(showers: Path) -> None:
    """No threshold asks for more than a second sample of it."""
    assert failed(FullSimulation(showers), showers) == set()
