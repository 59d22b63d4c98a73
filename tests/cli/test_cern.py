# SPDX-License-Identifier: Apache-2.0
"""A manifest after CERN's, with a stand-in for their training: checked, rendered, run here to its model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from kfp_katib.storage import read_checkpoint
from tests.cli.commands import call
from tests.places import DATA

MANIFEST = DATA / "cern.yaml"
PLACES = ("--image", "example.test/par04:1", "--models", "s3://models/par04", "--dataset", "/eos/showers")
TRAINING = """\
#!/usr/bin/env python3
import argparse, hashlib, json, pathlib

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
parser.add_argument("--batch_size", type=int)
parser.add_argument("--data", type=pathlib.Path)
parser.add_argument("--checkpoints", type=pathlib.Path)
args = parser.parse_args()
assert (args.data / "showers").exists()
loss = 121331.32 + 1e6 * (args.lr - 0.02) ** 2 + args.batch_size
args.checkpoints.mkdir(parents=True)
weights = f"{args.lr} {args.batch_size}".encode()
(args.checkpoints / "weights").write_bytes(weights)
entry = {"sha256": hashlib.sha256(weights).hexdigest(), "bytes": len(weights)}
text = json.dumps({"files": {"weights": entry}, "metrics": {"TotalLoss": loss}, "epoch": 1, "parameters": {}})
(args.checkpoints / "model.json").write_text(text)
print(f"TotalLoss={loss}")
"""


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The folder that stands for the image's WORKDIR: `./main.py` is in it."""
    script = tmp_path / "main.py"
    script.write_text(TRAINING)
    script.chmod(0o755)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "showers").touch()
    return tmp_path


def test_it_is_valid_without_a_warning() -> None:
    """As it stands, before and after `render`."""
    rendered = call("render", str(MANIFEST), *PLACES)
    assert call("validate", str(MANIFEST)).stdout == f"{MANIFEST}: 0 errors, 0 warnings\n"
    assert call("validate", "-", stdin=rendered.stdout).stdout == "stdin: 0 errors, 0 warnings\n"


def test_rendered_it_names_the_places_of_the_cluster() -> None:
    """What is left to fill in is Katib's own."""
    rendered = yaml.safe_load(call("render", str(MANIFEST), *PLACES).stdout)
    (container,) = rendered["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "example.test/par04:1"
    assert container["command"][3:] == [
        "--data=/eos/showers",
        "--checkpoints=s3://models/par04/par04-vae/${trialParameters.trial}",
    ]


def test_it_runs_here_and_its_best_model_can_be_taken(image: Path) -> None:
    """Twelve trials with CERN's arguments; the best one's files are where its model_uri says."""
    called = call("run", str(MANIFEST), "--dataset", "data", "--json")
    found = json.loads(called.stdout)
    best = next(trial for trial in found["trials"] if trial["name"] == found["best_trial"])
    model = read_checkpoint(best["model_uri"])
    weights = Path(best["model_uri"], "weights").read_text().split()
    assert called.exit_code == 0
    assert len(found["trials"]) == 12
    assert (
        found["best_value"]
        == model.metrics["TotalLoss"]
        == min(each["objective"] for each in found["trials"])
    )
    assert weights == [best["parameters"]["lr"], best["parameters"]["batch_size"]]
    assert all(0.01 <= float(each["parameters"]["lr"]) <= 0.03 for each in found["trials"])
    assert all(50 <= int(each["parameters"]["batch_size"]) <= 200 for each in found["trials"])


def test_what_only_a_cluster_has_is_named_once(image: Path) -> None:
    """EOS, Kerberos and the driver are volumes; the command is run all the same."""
    called = call("run", str(MANIFEST), "--dataset", "data", "--max-trials", "1")
    assert called.exit_code == 0
    said = called.stdout + called.stderr
    assert said.count("Not used here: ") == 1
    assert "volumes" in said
