# SPDX-License-Identifier: Apache-2.0
"""Every block of the folder's own page is typed here, and leaves what the page says.

Those that need Docker are typed by tests/images/test_own_image.py. On a real Katib, the manifest is run by
tests/engines/katib/live/test_digits.py.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from kfp_katib.storage import read_checkpoint, verify
from tests.examples.digits.page import EXAMPLE, README, REGISTRY, imports, shell
from tests.places import ROOT
from tests.support.blocks import Block, parse, succeeded

BLOCKS = parse(README)
HERE = [block for block in BLOCKS if block.suite == "test"]
LINES = 60
"""At most so many has a page that does not frighten."""


def accuracy_after(words: str) -> float:
    """What the page says."""
    said = re.search(rf"{words} ([\d.]+)[.,]", README)
    assert said, words
    return float(said[1])


def copied(folder: Path, printed: str) -> None:
    """The copy has every file."""
    assert {path.name for path in EXAMPLE.iterdir() if path.is_file()} <= {
        path.name for path in (folder / "digits").iterdir()
    }


def trained(folder: Path, printed: str) -> None:
    """The data are told, eight epochs are printed, and the model is declared."""
    assert printed.startswith("{'training': 1347, 'test': 450}\n")
    assert re.findall(r" epoch=(\d) loss=\S+ accuracy=\S+\n", printed) == list("12345678")
    (last,) = re.findall(r" epoch=8 .* accuracy=(\S+)\n", printed)
    assert float(last) == pytest.approx(accuracy_after("its last accuracy is"), abs=0.01)
    assert json.loads(printed.splitlines()[-1]) == json.loads((folder / "model" / "model.json").read_text())
    verify(read_checkpoint(folder / "model"))


def searched(folder: Path, printed: str) -> None:
    """Six trials, each with a whole model of its own; the best one is the most accurate."""
    assert "experiment.yaml: 0 errors, 0 warnings" in printed
    models = {
        model.name: read_checkpoint(model) for model in (folder / "runs/digits/models/digits").iterdir()
    }
    for checkpoint in models.values():
        verify(checkpoint)
    assert len(models) == 6
    best = max(checkpoint.metrics["accuracy"] for checkpoint in models.values())
    named = re.search(r"best accuracy (\S+) in trial ([\w-]+)\.", printed)
    assert named
    assert float(named[1]) == pytest.approx(best, abs=1e-6)  # six figures of it are shown
    assert models[named[2]].metrics["accuracy"] == best
    assert best == pytest.approx(accuracy_after("whose accuracy is"), abs=0.01)
    assert str(folder / "runs/digits/models/digits" / named[2]) in printed
    assert (folder / "report.html").stat().st_size > 0


def promoted(folder: Path, printed: str) -> None:
    """A model that has passed its threshold on images that no trial saw."""
    assert "Best trial: digits-" in printed
    with np.load(folder / "outputs" / "release" / "digits.npz") as released:
        assert [array.shape for array in released.values()] == [(64, 32), (32, 10), (32,), (10,)]
    page = (folder / "outputs" / "evaluation.html").read_text()
    accuracy = re.search(r'<th scope="row">accuracy</th><td title="([\d.]+)">', page)
    least, _ = json.loads((folder / "thresholds.json").read_text())["accuracy"]
    assert accuracy
    assert float(accuracy[1]) > least


def rendered(folder: Path, printed: str) -> None:
    """A plain Experiment, which names the image and the places."""
    text = (folder / "rendered.yaml").read_text()
    spec = yaml.safe_load(text)["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]
    assert "${pipeline." not in text
    assert spec["containers"][0]["image"] == f"{REGISTRY}/you/digits:1"
    assert "--dataset=s3://kfp-katib/digits" in spec["containers"][0]["command"]


LEAVES: dict[str, Callable[[Path, str], None]] = {
    "cp -R kfp-katib/examples/digits digits": copied,
    "python -c": trained,
    "kfp-katib validate": searched,
    "python -m pipelines.run_local": promoted,
    "kfp-katib render": rendered,
}
"""What each block leaves, by its beginning."""


@pytest.mark.parametrize("block", HERE, ids=lambda block: " ".join(block.code.split()[:2]))
def test_a_block_leaves_what_the_page_says(block: Block, folder: Path) -> None:
    """Typed in a copy that has the data; the checkout lies beside it, where the copying looks for it."""
    (check,) = (check for beginning, check in LEAVES.items() if block.code.startswith(beginning))
    (folder / "kfp-katib").symlink_to(ROOT)
    done = succeeded(shell(block.code, folder))
    check(folder, done.stdout + (done.stderr if check is searched else ""))


def test_every_block_says_which_suite_runs_it() -> None:
    """None is left over, and none of the checks has lost its block."""
    assert {block.suite for block in BLOCKS} == {"test", "test-images"}
    assert len(HERE) == len(LEAVES)
    (docker,) = (block for block in BLOCKS if block.suite == "test-images")
    assert docker.code.startswith("docker build")


def test_the_page_and_the_script_are_short() -> None:
    """Whoever copies them can read them at a glance; a screen has some fifty lines."""
    assert len(README.splitlines()) <= LINES
    assert len((EXAMPLE / "train.py").read_text().splitlines()) <= 75


def test_the_folder_knows_nothing_of_ours() -> None:
    """Like any user's code: it imports Python's modules, its own, and what scikit-learn and storage need."""
    own = {path.stem for path in EXAMPLE.glob("*.py")}
    imported = {name for path in EXAMPLE.glob("*.py") for name in imports(path)}
    assert imported - own - sys.stdlib_module_names == {"fsspec", "joblib", "numpy", "sklearn"}
