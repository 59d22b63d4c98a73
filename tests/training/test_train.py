# SPDX-License-Identifier: Apache-2.0
"""A trial as it really runs: a process, its lines, its exit code and what it leaves in its folder."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from tests.training.conftest import Run, run_training
from training.vae.settings import Settings, set_up_xla
from training.vae.state import METRICS, NAME

KATIB_FILTER = re.compile(r"([\w|-]+)\s*=\s*([+-]?\d*(\.\d+)?([Ee][+-]?\d+)?)")
"""Katib's default filter of metrics (pkg/metricscollector/v1beta1/common/const.go)."""


def test_each_epoch_prints_metrics_that_katib_reads(trained: Run) -> None:
    """Every name=value survives Katib's filter unchanged, behind a time that it can parse."""
    lines = trained.stdout.splitlines()
    assert len(lines) == 6
    for number, line in enumerate(lines, start=1):
        moment, words = line.split(" ", 1)
        assert datetime.fromisoformat(moment).tzinfo is not None
        found = {match[1]: match[2] for match in KATIB_FILTER.finditer(words)}
        assert found == dict(word.split("=") for word in words.split())
        assert list(found) == ["epoch", "loss", "val_loss", "physics_distance"]
        assert found["epoch"] == str(number)
        assert all(re.fullmatch(r"\d+\.\d{6}", found[name]) for name in METRICS)


def test_the_folder_keeps_the_contract(trained: Run) -> None:
    """model.json names every other file with its SHA-256 and size, and nothing else lies there."""
    declared = json.loads((trained.model / "model.json").read_text())
    assert list(declared) == ["files", "metrics", "epoch", "parameters"]
    assert {path.name for path in trained.model.iterdir()} == {"model.json", *declared["files"]}
    for name, facts in declared["files"].items():
        content = (trained.model / name).read_bytes()
        assert facts == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def test_the_declared_metrics_are_the_best_printed_ones(trained: Run) -> None:
    """Katib compares the minimum of physics_distance; the files are of that epoch."""
    declared = json.loads((trained.model / "model.json").read_text())
    best = min(trained.epochs, key=lambda epoch: float(epoch["physics_distance"]))
    assert declared["epoch"] == int(best["epoch"])
    assert declared["metrics"] == {name: float(best[name]) for name in METRICS}


def test_the_parameters_are_the_ones_given(trained: Run) -> None:
    """Katib's 32.0 is 32; what was not given has its default."""
    declared = json.loads((trained.model / "model.json").read_text())
    given = Settings(lr=3e-3, batch_size=32, epochs=6)
    assert declared["parameters"] == given.as_text()


def test_the_learning_curves_are_those_printed(trained: Run) -> None:
    """Beside the model, declared with it."""
    with (trained.model / "curves.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [{name: float(value) for name, value in row.items()} for row in rows] == [
        {name: float(value) for name, value in epoch.items()} for epoch in trained.epochs
    ]


def test_the_device_is_said_at_the_start(trained: Run) -> None:
    """Once, on stderr, with nothing that Katib could take for a metric."""
    assert trained.stderr == "training on cpu (cpu)\n"


def test_the_same_seed_trains_the_same_model(trained: Run, dataset: Path, tmp_path: Path) -> None:
    """Line by line and byte by byte; and read and written by address, as with s3://."""
    options = ("--lr=3e-3", "--batch_size=32", "--epochs=6")
    again = run_training(dataset, tmp_path / "model", *options, scheme="file://")
    assert again.epochs == trained.epochs
    assert (tmp_path / "model/vae.eqx").read_bytes() == (trained.model / "vae.eqx").read_bytes()
    assert (tmp_path / "model/model.json").read_bytes() == (trained.model / "model.json").read_bytes()


def test_a_diverging_trial_fails_and_leaves_no_model(dataset: Path, tmp_path: Path) -> None:
    """Exit code 1, one line without a name=value, and the model of an earlier attempt is taken back."""
    (tmp_path / "model.json").write_text("{}")
    run = run_training(dataset, tmp_path, "--lr=1e30", "--batch_size=32", "--epochs=5")
    assert run.exit_code == 1
    assert "nan" not in run.stdout
    assert KATIB_FILTER.search(run.stderr) is None
    assert not (tmp_path / NAME).exists()
    assert "the loss is not finite. Lower --lr" in run.stderr
    assert not (tmp_path / "model.json").exists()


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--batch_size=0", "argument --batch_size: '0' is below 1. Give 1 or more"),
        ("--batch_size=1.5", "argument --batch_size: '1.5' is not a whole number. Write one such as 2"),
        ("--lr=0", "argument --lr: '0' is not above 0"),
        ("--lr=-1e-3", "argument --lr: '-1e-3' is not above 0"),
        ("--lr=nan", "argument --lr: 'nan' is not a finite number"),
        ("--epochs=0", "argument --epochs: '0' is below 1"),
        ("--latent_dim=0", "argument --latent_dim: '0' is below 1"),
        ("--seed=-1", "argument --seed: '-1' is below 0"),
        ("--hidden=100,0", "argument --hidden: '0' is below 1"),
        ("--hidden=", "argument --hidden: '' has an empty entry. Separate the entries by commas"),
        ("--optimizer=adma", "argument --optimizer: invalid choice: 'adma' (choose from"),
        ("--patience=-1", "argument --patience: '-1' is below 0"),
        ("--kl_weight=-1", "argument --kl_weight: '-1' is below 0. Give 0 or more"),
        ("--memory=2XB", "argument --memory: '2XB' is not a size. Write one such as 500MB or 2GiB"),
        ("--threads=2", "argument --threads: invalid choice: 2 (choose from 0, 1)"),
        ("--batch=64", "unrecognized arguments: --batch=64"),
    ],
)
def test_an_argument_that_cannot_be_used_is_refused_at_once(
    tmp_path: Path, option: str, message: str
) -> None:
    """Exit code 2 before JAX is imported or data are read."""
    started = time.monotonic()
    run = run_training(tmp_path / "none", tmp_path / "model", option)
    assert run.exit_code == 2
    assert message in run.stderr
    assert not (tmp_path / "model").exists()
    assert time.monotonic() - started < 30


def test_missing_data_are_named_without_a_traceback(tmp_path: Path) -> None:
    """One line that says which folder."""
    run = run_training(tmp_path / "none", tmp_path / "model")
    assert (run.exit_code, run.stderr.count("\n")) == (2, 1)
    assert "none: not a folder" in run.stderr


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--batch_size=257", "batch_size 257 is above the 256 showers to train on. Take fewer."),
        ("--memory=20kB", "memory 20000 bytes holds 27 showers of 4x5x9, and batch_size is 128."),
    ],
)
def test_what_does_not_go_with_the_data_is_refused_before_they_are_read(
    dataset: Path, tmp_path: Path, option: str, message: str
) -> None:
    """Exit code 2, and nothing is made or taken back."""
    run = run_training(dataset, tmp_path / "model", option)
    assert run.exit_code == 2
    assert run.stderr.startswith(f"error: {message}")
    assert not (tmp_path / "model").exists()


def test_an_output_that_cannot_be_written_is_named(dataset: Path, tmp_path: Path) -> None:
    """One line, no traceback."""
    (tmp_path / "file").write_text("")
    run = run_training(dataset, tmp_path / "file/model")
    assert (run.exit_code, run.stderr.count("\n")) == (2, 1)
    assert "file/model: cannot be written to" in run.stderr
    assert "Check the permissions and, on EOS, the ticket" in run.stderr


def test_arguments_are_read_without_jax() -> None:
    """Seconds of import are no part of an error about an argument."""
    code = "import sys, training.train; print('jax' in sys.modules, 'numpy' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["False", "False"]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment of the test's own in place of this process's."""
    variables = {"XLA_FLAGS": "--xla_dump_to=here", "XDG_CACHE_HOME": "cache"}
    monkeypatch.setattr(os, "environ", variables)
    return variables


@pytest.mark.parametrize(("threads", "bounded"), [(0, False), (1, True)])
def test_xla_is_bounded_on_request(environment: dict[str, str], threads: int, bounded: bool) -> None:
    """One thread for trials side by side; flags that are set already stay."""
    set_up_xla(threads)
    assert environment["XLA_FLAGS"].startswith("--xla_dump_to=here")
    assert ("intra_op_parallelism_threads=1" in environment["XLA_FLAGS"]) is bounded


def test_each_machine_has_its_own_cache_of_compiled_programs(environment: dict[str, str]) -> None:
    """A home folder may be shared by machines that cannot run each other's programs."""
    set_up_xla(0)
    assert environment["JAX_COMPILATION_CACHE_DIR"] == f"cache/par04-vae/{platform.node()}"


def test_the_cache_can_be_moved(environment: dict[str, str]) -> None:
    """By JAX's own variable."""
    environment["JAX_COMPILATION_CACHE_DIR"] = "mine"
    set_up_xla(0)
    assert environment["JAX_COMPILATION_CACHE_DIR"] == "mine"


def test_trials_can_share_a_gpu(environment: dict[str, str]) -> None:
    """JAX would take most of its memory at once; who wants that can say so."""
    set_up_xla(0)
    assert environment["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
    environment["XLA_PYTHON_CLIENT_PREALLOCATE"] = "true"
    set_up_xla(0)
    assert environment["XLA_PYTHON_CLIENT_PREALLOCATE"] == "true"
