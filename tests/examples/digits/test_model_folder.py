# SPDX-License-Identifier: Apache-2.0
"""Step 3: the model is declared last, whole, and of the epoch that counts."""

from __future__ import annotations

import os
import re
import runpy
import sys
from pathlib import Path
from typing import Any

import boto3
import joblib
import numpy as np
import pytest

from kfp_katib.errors import NoCheckpoint
from kfp_katib.storage import read_checkpoint, verify
from tests.examples.digits.page import TRAINS, imports, succeeds


def test_the_model_is_whole_and_of_the_best_epoch(folder: Path) -> None:
    """What model.json says is true of the file, and is what was printed for that epoch."""
    printed = succeeds(TRAINS, folder)
    checkpoint = read_checkpoint(folder / "model")
    verify(checkpoint)
    accuracies = [float(value) for value in re.findall(r"accuracy=(\S+)", printed)]
    assert checkpoint.metrics["accuracy"] == max(accuracies)
    assert checkpoint.epoch == accuracies.index(max(accuracies)) + 1
    assert checkpoint.parameters == {"lr": 0.001, "batch_size": 200}
    with np.load(folder / "data" / "training.npz") as part:
        images, labels = part["images"], part["labels"]
    split = len(images) * 3 // 4
    network = joblib.load(folder / "model" / "digits.joblib")
    assert network.score(images[split:], labels[split:]) == max(accuracies)


def test_a_second_attempt_leaves_the_second_model(folder: Path) -> None:
    """Into the folder of an earlier one, as a retried pod would."""
    model = folder / "model"
    declare(folder, model, b"earlier")
    succeeds("python train.py --dataset data --output model --epochs 1 --lr 0.1", folder)
    checkpoint = read_checkpoint(model)
    verify(checkpoint)
    assert checkpoint.parameters["lr"] == 0.1


def test_a_trial_that_is_killed_while_it_writes_leaves_no_model(folder: Path) -> None:
    """Neither at its first attempt nor at one that overwrites an earlier model."""
    begin, model = lines(folder, "checkpoint.py")["begin"], folder / "model"
    for attempt in (b"first", b"other"):
        begin(model)
        (model / "digits.joblib").write_bytes(b"wrong")  # as long, so that its size gives nothing away
        with pytest.raises(NoCheckpoint):
            read_checkpoint(model)
        declare(folder, model, attempt)
        verify(read_checkpoint(model))


def test_the_lines_to_paste_need_nothing_but_python(folder: Path) -> None:
    """They import the standard library alone."""
    assert imports(folder / "checkpoint.py") <= sys.stdlib_module_names


def test_object_storage_holds_the_data_and_gets_the_model(folder: Path, bucket: str) -> None:
    """The same script with addresses; an earlier attempt's model is replaced there too."""
    endpoint, trial = os.environ["AWS_ENDPOINT_URL"], f"{bucket}/models/digits/digits-1"
    store, name = boto3.client("s3"), bucket.removeprefix("s3://")
    store.upload_file(str(folder / "data" / "training.npz"), name, "digits/training.npz")
    declare(folder, folder / "model", b"earlier")
    lines(folder, "upload.py")["upload"](folder / "model", trial)
    verify(read_checkpoint(trial, endpoint_url=endpoint), endpoint_url=endpoint)
    succeeds(f"python train.py --dataset {bucket}/digits --output {trial} --epochs 1", folder)
    checkpoint = read_checkpoint(trial, endpoint_url=endpoint)
    verify(checkpoint, endpoint_url=endpoint)
    assert checkpoint.parameters["lr"] == 0.001


def lines(folder: Path, file: str) -> dict[str, Any]:
    """The functions of one of the page's files."""
    return runpy.run_path(str(folder / file))


def declare(folder: Path, model: Path, weights: bytes) -> None:
    """Leave a model by the page's own lines."""
    functions = lines(folder, "checkpoint.py")
    functions["begin"](model)
    (model / "digits.joblib").write_bytes(weights)
    functions["declare"](model, ["digits.joblib"], epoch=1, metrics={"accuracy": 0.5}, parameters={})
