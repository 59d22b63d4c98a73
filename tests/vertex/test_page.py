# SPDX-License-Identifier: Apache-2.0
"""What docs/how-to/vertex.md says of the trials' image is enough."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from kfp_katib import load
from kfp_katib.vertex.packed import pack
from kfp_katib.vertex.record import FILE_NAME, from_record
from kfp_katib.vertex.study import ENTRY_POINT
from tests.builders.manifest import changed
from tests.builders.valid import random
from tests.places import ROOT
from tests.support.blocks import Block, blocks

DOCUMENT = "docs/how-to/vertex.md"
PAGE = (ROOT / DOCUMENT).read_text()
COMMAND = "spec.trialTemplate.trialSpec.spec.template.spec.containers[0].command"
LINE = "echo loss=${trialParameters.lr} ${trialParameters.units} ${trialParameters.optimizer}"
VALUES = ("--lr=0.01", "--units=32.0", "--optimizer=adam")


def installed(folder: Path) -> Path:
    """What the page's Dockerfile installs, and nothing else."""
    line = re.search(r"^RUN pip install --no-deps \S+ && pip install (.+)$", PAGE, re.MULTILINE)
    assert line
    folder.mkdir()
    (folder / "kfp_katib").symlink_to(ROOT / "kfp_katib")
    for name in line[1].split():
        for file in distribution(name).files or ():
            place, source = folder / file.parts[0], Path(str(file.locate())).parents[len(file.parts) - 1]
            if not place.exists() and file.parts[0] != "..":
                place.symlink_to(source / file.parts[0])
    return folder


def test_a_trial_runs_in_an_image_with_the_pages_two_lines(tmp_path: Path) -> None:
    """Without any other package of kfp-katib's, it leaves its record and its measurement."""
    experiment = load(changed(random(), {COMMAND: ["sh", "-c", LINE]}))
    (tmp_path / "gcs" / "bucket").mkdir(parents=True)
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(installed(tmp_path / "packages")),
        "CLOUD_ML_TRIAL_ID": "7",
        "CLOUD_ML_HP_METRIC_FILE": str(tmp_path / "measurements"),
        "AIP_MODEL_DIR": "gs://bucket/base/7/model/",
        "KFP_KATIB_GCS_MOUNT": str(tmp_path / "gcs"),
    }
    program = [sys.executable, "-S", *ENTRY_POINT[1:], f"--packed={pack(experiment)}", *VALUES]
    done = subprocess.run(program, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    trial = from_record((tmp_path / "gcs/bucket/base/7" / FILE_NAME).read_text()).trial
    assert (trial.state, trial.parameters["units"]) == ("Succeeded", "32")
    assert (tmp_path / "measurements").exists()


@pytest.mark.parametrize("block", [each for each in blocks(DOCUMENT) if each.language in ("sh", "python")])
def test_every_block_of_the_page_can_at_least_be_read(block: Block) -> None:
    """None of them runs without an account of Google's."""
    if block.language == "python":
        compile(block.code, DOCUMENT, "exec")
    else:
        subprocess.run(["sh", "-n"], input=block.code.encode(), check=True)


@pytest.mark.parametrize("note", re.findall(r"\[\^(\w+)\](?!:)", PAGE))
def test_every_footnote_of_the_page_has_its_source(note: str) -> None:
    """With Google's own address."""
    assert re.search(rf"^\[\^{note}\]: \[[^]]+\]\(https://(docs\.)?cloud\.google\.com/", PAGE, re.MULTILINE)
