# SPDX-License-Identifier: Apache-2.0
"""benchmarks/epochs trains, and its epochs are counted over all trials of a search."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmarks import equal_epochs
from benchmarks.epochs import training
from benchmarks.epochs.plot import drawn
from kfp_katib.engines.local.unsupported import refusals
from kfp_katib.experiment import load
from kfp_katib.experiment.rungs import planned, rungs

TRIAL = Path(equal_epochs.__file__).parent / "epochs" / "trial.py"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def digits() -> Any:
    """What is trained on."""
    return training.data()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A search's log, with no epoch in it."""
    file = tmp_path / "log"
    file.touch()
    return file


def asked(log: Path, *more: str, epochs: int = 4, budget: int = 100) -> list[str]:
    """A trial's arguments."""
    counts = (f"--epochs={epochs}", "--seed=7", f"--budget={budget}")
    return ["--rate=2", "--penalty=4", "--ratio=0.1", *counts, f"--log={log}", *more]


def trained(digits: Any, *arguments: str) -> list[float]:
    """The losses of a training."""
    return list(training.train(training.asked(list(arguments)), digits))


def test_each_epoch_has_its_loss_and_its_line_in_the_log(digits: Any, log: Path) -> None:
    """So the size of the log says how many epochs the search has spent."""
    losses = trained(digits, *asked(log))
    assert len(losses) == 4
    assert losses[-1] < losses[0]
    assert [float(line) for line in log.read_text().splitlines()] == pytest.approx(losses)
    assert log.stat().st_size == 4 * training._LINE


def test_nobody_trains_once_the_epochs_are_spent(digits: Any, log: Path) -> None:
    """A trial is cut short where the budget ends, and the next one does nothing."""
    assert len(trained(digits, *asked(log, budget=3))) == 3
    assert trained(digits, *asked(log, budget=3)) == []
    assert log.stat().st_size == 3 * training._LINE


def test_a_training_goes_on_from_its_checkpoint(digits: Any, log: Path, tmp_path: Path) -> None:
    """Twice two epochs are four."""
    checkpoint = f"--checkpoint={tmp_path / 'checkpoint'}"
    parts: list[float] = []
    for _ in range(2):
        parts += trained(digits, *asked(log, checkpoint, epochs=2))
    assert parts == pytest.approx(trained(digits, *asked(log)))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The server that trains for trials."""
    with equal_epochs.served() as socket:
        yield socket


def start(address: str, arguments: list[str]) -> subprocess.Popen[str]:
    """Start a trial."""
    command = [sys.executable, "-S", str(TRIAL), address, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_trial_prints_what_the_server_trains(address: str, digits: Any, log: Path, tmp_path: Path) -> None:
    """Its last value is one that no training has, for a trial that found no epoch left."""
    (tmp_path / "apart").touch()
    expected = trained(digits, *asked(tmp_path / "apart"))
    printed, _ = start(address, asked(log)).communicate(timeout=60)
    assert printed.splitlines() == [*(f"loss={each:.6f}" for each in expected), "loss=99"]


def test_the_training_of_a_trial_that_was_stopped_ends(address: str, log: Path) -> None:
    """What is stopped early spends no further epochs."""
    with start(address, asked(log, "--pause=0.02", epochs=1000, budget=10_000)) as trial:
        assert trial.stdout
        assert trial.stdout.readline().startswith("loss=")
        trial.terminate()
    settled = -1
    deadline = time.monotonic() + 30
    while settled != log.stat().st_size and time.monotonic() < deadline:
        settled = log.stat().st_size
        time.sleep(0.5)
    assert settled == log.stat().st_size < 1000 * training._LINE


@pytest.mark.parametrize("name", equal_epochs.SEARCHES)
def test_each_search_runs_on_this_machine(name: str) -> None:
    """Its manifest has no errors, and two trials run at a time."""
    experiment = load(equal_epochs.manifest("epochs", ["true"], **equal_epochs.SEARCHES[name]))
    assert refusals(experiment) == []
    assert experiment.parallel_trial_count == 2


def test_all_searches_may_spend_what_hyperbands_plan_has() -> None:
    """450 epochs by 70 trials; the others have trials enough for as many epochs."""
    hyperband = equal_epochs.SEARCHES["hyperband"]
    plan = list(rungs(hyperband["settings"]))
    assert sum(rung.trials * rung.resource for rung in plan) == equal_epochs.BUDGET
    assert planned(hyperband["settings"]) == hyperband["trials"]
    for name in ("random", "pbt"):
        search = equal_epochs.SEARCHES[name]
        assert search["trials"] * search.get("epochs", equal_epochs.LONGEST) >= equal_epochs.BUDGET


def test_a_search_has_a_loss_for_each_epoch(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all its trials together, in the order in which they were trained, and none beyond the budget."""
    monkeypatch.setattr(equal_epochs, "BUDGET", 8)
    search = {"algorithm": "random", "trials": 3, "epochs": 3}
    losses = equal_epochs.losses(search, 0, address)
    assert 8 <= len(losses) <= 9  # two trials at a time may both begin the last one
    assert all(0 < loss < 99 for loss in losses)


def curves(*levels: float, seeds: int = 3, epochs: int = 40) -> dict[str, list[Any]]:
    """Searches whose best losses fall to these levels."""
    fall = np.linspace(5, 1, epochs)
    return {f"search {level}": [level * fall * (1 + seed / 10) for seed in range(seeds)] for level in levels}


def test_the_picture_has_a_line_and_a_band_for_each_search() -> None:
    """With a place for each epoch, and the search's name."""
    picture = ElementTree.fromstring(drawn(curves(0.1, 0.2)))
    lines = [each.attrib["points"].split() for each in picture.iter(f"{SVG}polyline")]
    bands = [each.attrib["points"].split() for each in picture.iter(f"{SVG}polygon")]
    assert [len(each) for each in lines] == [40, 40]
    assert [len(each) for each in bands] == [80, 80]
    assert {"search 0.1", "search 0.2"} <= {each.text for each in picture.iter(f"{SVG}text")}


def test_a_better_search_lies_below_in_the_picture() -> None:
    """And all of it inside; what is above the frame, as the first epochs are, lies at its edge."""
    picture = ElementTree.fromstring(drawn(curves(0.1, 0.2)))
    better, worse = (
        [[float(part) for part in point.split(",")] for point in each.attrib["points"].split()]
        for each in picture.iter(f"{SVG}polyline")
    )
    assert all(one[1] > other[1] for one, other in zip(better[15:], worse[15:], strict=True))
    width, height = (float(picture.attrib[name]) for name in ("width", "height"))
    assert all(0 < x < width and 0 < y < height for x, y in (*better, *worse))
