# SPDX-License-Identifier: Apache-2.0
"""The macro has commands that Par04 knows, in an order that works, with the model's numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.par04.conftest import Exported
from training.geometry import Mesh
from training.par04.facts import macro

FULL = macro(10, Mesh())


def known() -> dict[str, str]:
    """Each command that Par04 has, and when it may be given."""
    lines = (Path(__file__).parent / "commands.txt").read_text().splitlines()
    rows = [line.split() for line in lines if not line.startswith("#")]
    return {command: state for command, state, _ in rows}


def commands(text: str) -> list[tuple[str, str]]:
    """The macro's commands with their arguments."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return [(line.split()[0], " ".join(line.split()[1:])) for line in lines]


def test_every_command_exists_in_geant4() -> None:
    """Names read in Geant4 11.4.0; there is none for the largest energy and angle."""
    assert {command for command, _ in commands(FULL)} <= known().keys()


def test_every_command_comes_in_the_state_that_takes_it() -> None:
    """The readout's mesh before /run/initialize, the inference after it."""
    names = [command for command, _ in commands(FULL)]
    initialize = names.index("/run/initialize")
    assert {known()[name] for name in names[:initialize]} <= {"PreInit", "any"}
    assert {known()[name] for name in names[initialize + 1 :]} <= {"Idle", "any"}


def test_the_library_is_chosen_after_all_that_it_reads() -> None:
    """Choosing it opens the model: a path or flag given later would be ignored."""
    names = [command for command, _ in commands(FULL)]
    inference = [name for name in names if name.startswith("/Par04/inference/")]
    assert inference[-1] == "/Par04/inference/setInferenceLibrary"


def test_the_mesh_is_defined_before_the_inference_runs() -> None:
    """Par04's macro says that defineMesh has to be the first fast simulation model."""
    models = [value for command, value in commands(FULL) if command == "/param/ActivateModel"]
    assert models == ["defineMesh", "inferenceModel"]


def test_the_full_mesh_has_the_numbers_of_the_shipped_macro() -> None:
    """examplePar04_onnx_vae.mac: 2.325 mm and 3.4 mm, 18 x 50 x 45, latent 10, 4 conditions."""
    given = dict(commands(FULL))
    assert {name.removeprefix("/Par04/inference/set"): value for name, value in given.items()}.items() >= {
        "SizeLatentVector": "10",
        "SizeConditionVector": "4",
        "ModelPathName": "MLModels/Generator.onnx",
        "ModelType": "VAE",
        "InferenceLibrary": "ONNX",
        "SizeOfRhoCells": "2.325 mm",
        "SizeOfZCells": "3.4 mm",
        "NbOfRhoCells": "18",
        "NbOfPhiCells": "50",
        "NbOfZCells": "45",
    }.items()


@pytest.mark.parametrize("mesh", [Mesh(), Mesh(18, 16, 9), Mesh(7, 5, 3)], ids=str)
def test_readout_and_inference_have_one_mesh(mesh: Mesh) -> None:
    """Else deposits of one cell would be read out in others."""
    given = dict(commands(macro(10, mesh)))
    for name in ("NbOfRhoCells", "NbOfPhiCells", "NbOfZCells", "SizeOfRhoCells", "SizeOfZCells"):
        assert given[f"/Par04/mesh/set{name}"] == given[f"/Par04/inference/set{name}"]


def test_it_lies_beside_the_model(made: Exported) -> None:
    """With the model's own latent size and mesh."""
    given = dict(commands((made.folder / "par04.mac").read_text()))
    assert given["/Par04/inference/setSizeLatentVector"] == "3"
    assert given["/Par04/inference/setNbOfZCells"] == "9"
