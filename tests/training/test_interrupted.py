# SPDX-License-Identifier: Apache-2.0
"""A trial that is killed and started again: it goes on, and nobody can tell from what it leaves."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest
from s3fs import S3FileSystem

from tests.training.conftest import Run, run_training, training_command, training_environment
from training.vae.state import NAME

OPTIONS = ("--lr=3e-3", "--batch_size=32", "--epochs=20", "--memory=50kB", "--save_seconds=0")
"""A set of 256 showers in at least four chunks, and a state after each."""


@pytest.fixture(scope="module")
def whole(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same training, never interrupted."""
    return run_training(dataset, tmp_path_factory.mktemp("whole") / "model", *OPTIONS)


def kill_in_epoch(number: int, dataset: Path, output: str) -> None:
    """Start a training and kill it, as the kernel does, once it has printed so many epochs."""
    process = subprocess.Popen(
        training_command(str(dataset), output, *OPTIONS),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=training_environment(dataset),
    )
    with process:
        assert process.stdout is not None
        seen = next((line for line in process.stdout if f" epoch={number} " in line), None)
        process.send_signal(signal.SIGKILL)
    assert seen is not None
    assert process.returncode == -signal.SIGKILL


def test_a_killed_training_goes_on(dataset: Path, tmp_path: Path, whole: Run) -> None:
    """Every line and every byte is that of the training that was never killed, the first epochs included."""
    model = tmp_path / "model"
    kill_in_epoch(3, dataset, str(model))
    assert [path.name for path in model.iterdir() if not path.name.endswith(".part")] == [NAME]
    resumed = run_training(dataset, model, *OPTIONS, "--save_seconds=60")
    assert "going on with epoch " in resumed.stderr
    assert resumed.epochs == whole.epochs
    for name in ("vae.eqx", "curves.csv", "model.json"):
        assert (model / name).read_bytes() == (whole.model / name).read_bytes()
    assert sorted(path.name for path in model.iterdir()) == ["curves.csv", "model.json", "vae.eqx"]


def test_other_settings_start_anew_and_say_so(dataset: Path, tmp_path: Path) -> None:
    """What was begun with them cannot be gone on with."""
    model = tmp_path / "model"
    kill_in_epoch(1, dataset, str(model))
    anew = run_training(dataset, model, *OPTIONS, "--epochs=2", "--save_seconds=60")
    assert f"{NAME} is of another training (epochs 20 there, 2 here): starting anew" in anew.stderr
    assert [epoch["epoch"] for epoch in anew.epochs] == ["1", "2"]
    assert not (model / NAME).exists()


def test_a_killed_training_goes_on_in_object_storage(dataset: Path, bucket: str, whole: Run) -> None:
    """The state lies beside where the model will be; at the end the model lies there alone."""
    output = f"{bucket}/trial"
    kill_in_epoch(2, dataset, output)
    files = S3FileSystem()
    assert files.exists(f"{output}/{NAME}")
    resumed = subprocess.run(
        training_command(str(dataset), output, *OPTIONS, "--save_seconds=60"),
        capture_output=True,
        text=True,
        env=training_environment(dataset),
        check=True,
    )
    assert "going on with epoch " in resumed.stderr
    files.invalidate_cache()
    assert {path.rsplit("/", 1)[-1] for path in files.ls(output)} == {"curves.csv", "model.json", "vae.eqx"}
    assert files.cat_file(f"{output}/vae.eqx") == (whole.model / "vae.eqx").read_bytes()
