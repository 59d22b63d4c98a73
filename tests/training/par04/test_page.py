# SPDX-License-Identifier: Apache-2.0
"""docs/explanation/par04.md says what the files have."""

from __future__ import annotations

import re

from tests.places import ROOT
from tests.training.par04.conftest import Exported
from training.geometry import Mesh
from training.par04.facts import facts, macro
from training.par04.generator import Generator

PAGE = (ROOT / "docs/explanation/par04.md").read_text()
ROWS = dict(re.findall(r"^\| `([^`]+)` \| (.*) \|$", PAGE, re.MULTILINE))


def test_it_has_every_file_of_an_export(made: Exported) -> None:
    """And no other."""
    files = {name for name in ROWS if "." in name}
    assert files == {path.name for path in made.folder.iterdir()}


def test_it_has_every_entry_of_the_metadata(made: Exported) -> None:
    """And no other."""
    assert {name for name in ROWS if "." not in name} == set(Generator(made.folder).facts)


def test_it_has_the_values_of_the_full_mesh() -> None:
    """Word for word, but for what follows a comma in the row of the opset."""
    for name, value in facts(10, Mesh()).items():
        told = f"{value:g}" if isinstance(value, float) else str(value)
        expected = {"max_energy_mev": "1024000"}.get(name, told)
        assert ROWS[name] == expected


def test_the_commands_it_names_are_in_the_macro() -> None:
    """The path to change, and the command that opens the model."""
    for command in ("setModelPathName", "setInferenceLibrary"):
        assert command in PAGE
        assert command in macro(10, Mesh())
