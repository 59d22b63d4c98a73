# SPDX-License-Identifier: Apache-2.0
"""Step 2: what the script prints is what Katib collects."""

from __future__ import annotations

import re
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from kfp_katib.experiment import load
from kfp_katib.experiment.defaults import DEFAULT_FILTER
from kfp_katib.experiment.model import Experiment
from kfp_katib.trial.metrics import collect
from kfp_katib.trial.metrics.aggregate import timestamp
from tests.examples.digits.page import TRAINS, save, shell, step, succeeds
from tests.trial.metrics.listed import read_text

TABLE = re.findall(r"^\| `([^`]+)` \| (`[^`]+`|nothing|an empty text) \|", step(2), re.MULTILINE)
READ = {"nothing": [], "an empty text": [""]}


@pytest.fixture(scope="module")
def printed(data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The lines of the page's own run, at a learning rate that goes further."""
    folder = tmp_path_factory.mktemp("printed")
    save(folder)
    shutil.copytree(data, folder / "data")
    return succeeds(f"{TRAINS} --lr 0.01 --batch_size 64", folder).splitlines()


@pytest.mark.parametrize(("line", "value"), TABLE, ids=[line for line, _ in TABLE])
def test_a_line_is_read_as_the_page_says(line: str, value: str) -> None:
    """The page's table, row by row, for a metric named `loss`."""
    found = [each.value for each in read_text(line, ["loss"], [DEFAULT_FILTER])]
    assert found == READ.get(value, [value.strip("`")])


def test_the_table_has_rows() -> None:
    """It has not been lost to a change of its form."""
    assert len(TABLE) == 7


def test_every_epoch_is_one_line_with_its_time_and_both_metrics(printed: list[str], folder: Path) -> None:
    """Katib sees the best accuracy of all epochs and the last loss."""
    assert [re.findall(r"(\w+)=", line) for line in printed] == [["epoch", "loss", "accuracy"]] * 8
    (folder / "log").write_text("\n".join(printed))
    collector = load(folder / "experiment.yaml").collector
    metrics = collect(collector, ["accuracy", "loss"], folder / "log")
    accuracies = [line.rpartition("=")[2] for line in printed]
    assert metrics["accuracy"].max == max(accuracies, key=float)
    assert float(metrics["accuracy"].max) > 0.9
    assert f"loss={metrics['loss'].latest} " in printed[-1]


def test_the_times_are_times_to_katib(printed: list[str]) -> None:
    """Each line begins with one, and they ascend; so does the page's own example."""
    times = [timestamp(line.split()[0]) for line in printed]
    assert all(earlier and later and earlier < later for earlier, later in pairwise(times))
    example = re.search(r"`(\S+Z) epoch=3 loss=0.31 accuracy=0.94`", step(2))
    assert example
    assert timestamp(example[1])


@pytest.mark.parametrize(("kind", "strategy"), [("minimize", "min"), ("maximize", "max")])
def test_without_strategies_the_best_epoch_counts(folder: Path, kind: str, strategy: str) -> None:
    """For the objective, as the page says."""
    manifest = dict(load(folder / "experiment.yaml").manifest)
    objective = {"type": kind, "objectiveMetricName": "accuracy"}
    plain: Experiment = load({**manifest, "spec": {**manifest["spec"], "objective": objective}})
    assert plain.objective.strategies["accuracy"] == strategy


def test_a_training_that_diverges_fails_and_prints_no_value(folder: Path) -> None:
    """It ends with an error, on lines that no collector takes for a metric."""
    done = shell("python train.py --dataset data --output model --lr 1e160", folder)
    assert done.returncode == 1
    assert "ValueError: Solver produced non-finite parameter weights" in done.stderr
    assert read_text(done.stdout + done.stderr, ["accuracy", "loss"], [DEFAULT_FILTER]) == []
    assert not (folder / "model").exists()
