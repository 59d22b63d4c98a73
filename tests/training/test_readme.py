# SPDX-License-Identifier: Apache-2.0
"""What training/README.md says of the example: its commands work, its tables are complete."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.examples.digits.page import succeeds
from tests.places import ROOT
from tests.support.blocks import parse

PAGE = (ROOT / "training" / "README.md").read_text()
EXAMPLE = PAGE.partition("\n## The example")[2]
TYPED = [block.code for block in parse(EXAMPLE) if block.language == "sh"]
SMALL = {
    "prepare": "--energies 64 --angles 90 --showers 80 --mesh 6x8x9",
    "train": "--epochs 1 --threads 1",
    "export": "",
    "evaluate": "",
}
"""What is added to the page's commands, so that they take seconds; the last value of an option counts."""


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the four commands ran, one after the other."""
    folder = tmp_path_factory.mktemp("by-hand")
    commands = TYPED[0].splitlines()
    assert [line.split()[2] for line in commands] == [f"training.{name}" for name in SMALL]
    for typed, small in zip(commands, SMALL.values(), strict=True):
        succeeds(f"{typed} {small}", folder, JAX_COMPILATION_CACHE_DIR=str(folder / "compiled"))
    assert (folder / "evaluation" / "report.html").stat().st_size > 0
    return folder


def test_a_copy_of_the_data_is_compared_with_its_checksums(by_hand: Path) -> None:
    """By the page's own commands: a whole copy passes, one with a wrong byte does not."""
    copied = by_hand / "copy"
    shutil.copytree(by_hand / "data", copied / "data")
    succeeds(TYPED[1], copied)
    with next((copied / "data").glob("test/*/*.h5")).open("ab") as file:
        file.write(b"x")
    with pytest.raises(AssertionError, match="FAILED"):
        succeeds(TYPED[1], copied)


def test_the_table_of_observables_is_the_one_that_evaluate_writes(by_hand: Path) -> None:
    """No number without its meaning, and no meaning without its number."""
    metrics = json.loads((by_hand / "evaluation" / "metrics.json").read_text())
    section = EXAMPLE.partition("### What is measured")[2].partition("\n### ")[0]
    table = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", section, re.MULTILINE)
    names = {name for row in table for name in re.findall(r"`(\w+)`", row)}
    quantities = re.findall(r"`(\w+)`", section.partition("\n`X` is ")[2].partition("\n")[0])
    meant = names - {"X_wasserstein", "X_separation"}
    meant |= {f"{quantity}_separation" for quantity in quantities}
    meant |= {f"{quantity}_wasserstein" for quantity in quantities}
    assert {re.sub(r"_(floor|worst|error)$", "", name) for name in metrics} == meant


def test_every_place_of_the_package_is_in_the_table() -> None:
    """A stranger finds what each file and folder is for."""
    told = set(re.findall(r"`([\w.-]+)/?`", "".join(re.findall(r"^\| (`.*?) \|", EXAMPLE, re.MULTILINE))))
    there = {path.name for path in (ROOT / "training").iterdir()} - {
        "README.md",
        "__init__.py",
        "__pycache__",
    }
    assert there <= told
    assert {name for name in told if Path(name).suffix} <= there
