# SPDX-License-Identifier: Apache-2.0
"""Scalars in TensorBoard's event files, written by tensorboardX and read without TensorFlow."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from tensorboardX import SummaryWriter
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.proto.summary_pb2 import Summary
from tensorboardX.proto.tensor_pb2 import TensorProto
from tensorboardX.proto.tensor_shape_pb2 import TensorShapeProto

from kfp_katib.experiment.model import Collector
from kfp_katib.results import Metric
from kfp_katib.trial.metrics import collect
from kfp_katib.trial.metrics.tfevents import scalars
from tests.builders.search import collector as spec
from tests.builders.search import search
from tests.trial.metrics.listed import pieces


def write(folder: Path, tag: str, *values: float, at: float = 1_700_000_000.0) -> Path:
    """Writes scalars one second apart; returns the event file."""
    with SummaryWriter(str(folder)) as writer:
        for step, value in enumerate(values):
            writer.add_scalar(tag, value, step, walltime=at + step)
    return next(folder.glob("*tfevents*"))


def collected(folder: Path, *metrics: str) -> dict[str, Metric]:
    """What Katib would have of the files in a folder."""
    return collect(Collector("TensorFlowEvent", "", "", ()), metrics, folder)


def latest(folder: Path, *metrics: str) -> list[str]:
    """The latest of each metric."""
    return [each.latest for each in collected(folder, *metrics).values()]


def test_scalars_are_read_as_single_precision(tmp_path: Path) -> None:
    """The value is the 32-bit number that was stored, in Python's shortest text, as Katib reports it."""
    write(tmp_path, "loss", 0.5, 0.1)
    stored = "0.10000000149011612"
    assert collected(tmp_path, "loss") == {"loss": Metric(stored, "0.5", stored)}


def test_times_have_no_fractions(tmp_path: Path) -> None:
    """Katib reports whole seconds."""
    file = write(tmp_path, "loss", 0.5, at=1_700_000_000.9)
    times = [each.time() for each in scalars([file.read_bytes()])]
    assert times == [datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)]


def test_a_metric_with_a_folder_takes_files_of_that_folder(tmp_path: Path) -> None:
    """`train/loss` is the tag `loss` in a folder `train`, wherever it lies."""
    write(tmp_path / "a" / "train", "loss", 0.25)
    write(tmp_path / "a" / "test", "loss", 0.75)
    assert latest(tmp_path, "train/loss", "test/loss") == ["0.25", "0.75"]


def test_a_tag_matches_by_its_beginning(tmp_path: Path) -> None:
    """`loss` takes `loss_val` too, and not `my_loss`: Katib's `startswith`."""
    write(tmp_path / "a", "loss_val", 2.0)
    write(tmp_path / "b", "my_loss", 3.0)
    assert collected(tmp_path, "loss") == {"loss": Metric("2.0", "2.0", "2.0")}


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    """Only names with `tfevents` are event files; one that is damaged gives nothing."""
    (tmp_path / "17.pid").write_text("completed\n")
    (tmp_path / "events.out.tfevents.1.broken").write_bytes(struct.pack("<Q4x", 8) + b"\xff" * 12)
    write(tmp_path / "good", "loss", 1.0)
    assert collected(tmp_path, "loss") == {"loss": Metric("1.0", "1.0", "1.0")}


def test_a_record_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    """A trial that was killed while it wrote has all its values but the last."""
    file = write(tmp_path, "loss", 1.0, 2.0)
    file.write_bytes(file.read_bytes()[:-3])
    assert collected(tmp_path, "loss") == {"loss": Metric("1.0", "1.0", "1.0")}


def tensor_file(folder: Path, tensor: TensorProto) -> None:
    """An event file with one tensor summary, the form that TensorFlow 2 writes."""
    value = Summary.Value(tag="loss", tensor=tensor)
    event = Event(wall_time=1.7e9, step=3, summary=Summary(value=[value])).SerializeToString()
    record = struct.pack("<Q4x", len(event)) + event + b"\0" * 4
    (folder / "events.out.tfevents.1").write_bytes(record)


def shape(*sizes: int) -> TensorShapeProto:
    """A tensor's shape."""
    return TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in sizes])


@pytest.mark.parametrize(
    ("tensor", "text"),
    [
        (TensorProto(dtype="DT_FLOAT", float_val=[0.1]), "0.1"),
        (TensorProto(dtype="DT_FLOAT", tensor_content=np.float32(0.1).tobytes()), "0.1"),
        (TensorProto(dtype="DT_DOUBLE", double_val=[0.1]), "0.1"),
        (TensorProto(dtype="DT_INT32", int_val=[-3]), "-3"),
        (TensorProto(dtype="DT_INT64", int64_val=[1 << 40]), "1099511627776"),
        (TensorProto(dtype="DT_BOOL", bool_val=[True]), "True"),
        (TensorProto(dtype="DT_FLOAT", tensor_shape=shape(2), float_val=[1.0, 2.0]), "[1. 2.]"),
        (TensorProto(dtype="DT_FLOAT", tensor_shape=shape(2), float_val=[1.0]), "[1. 1.]"),
        (TensorProto(dtype="DT_STRING", string_val=[b"x"]), ""),
    ],
    ids=["float", "float as bytes", "double", "int32", "int64", "bool", "vector", "one for all", "string"],
)  # fmt: skip
def test_tensors_are_read_as_numpy_prints_them(tmp_path: Path, tensor: TensorProto, text: str) -> None:
    """A tensor's text is numpy's; only a scalar of a number type is a number."""
    tensor_file(tmp_path, tensor)
    assert latest(tmp_path, "loss") == [text]


@pytest.mark.parametrize(
    "tensor",
    [
        TensorProto(dtype="DT_FLOAT", tensor_shape=shape(1 << 40), float_val=[1.0]),
        TensorProto(dtype="DT_FLOAT", tensor_shape=shape(1 << 62, 1 << 62), float_val=[1.0]),
        TensorProto(dtype="DT_FLOAT", tensor_shape=shape(-1), float_val=[1.0]),
        TensorProto(dtype="DT_FLOAT", tensor_shape=shape(*[1] * 40), float_val=[1.0]),
        TensorProto(dtype="DT_FLOAT", tensor_shape=shape(3), tensor_content=b"abcd"),
        TensorProto(dtype="DT_FLOAT", tensor_content=b"abc"),
        TensorProto(dtype="DT_FLOAT", float_val=[1.0, 2.0]),
    ],
    ids=["huge", "more than 64 bits", "negative", "40 dimensions", "too few", "torn", "too many"],
)
def test_a_tensor_that_numpy_cannot_make(tmp_path: Path, tensor: TensorProto) -> None:
    """Katib's collector gives the file up, with all that it holds; without that tag it is read."""
    tensor_file(tmp_path, tensor)
    file = next(tmp_path.iterdir())
    with file.open("ab") as more:
        more.write(write(tmp_path / "other", "accuracy", 0.5).read_bytes())
    assert latest(tmp_path, "loss", "accuracy") == ["unavailable", "unavailable"]
    (tmp_path / "other").rename(tmp_path.parent / f"{tmp_path.name}-aside")
    assert latest(tmp_path, "accuracy") == ["0.5"]


def test_a_large_tensor_is_no_number(tmp_path: Path) -> None:
    """It is not printed, however large it says to be."""
    tensor_file(tmp_path, TensorProto(dtype="DT_FLOAT", tensor_shape=shape(2, 5000), float_val=[1.0]))
    assert latest(tmp_path, "loss") == ["[10000 values]"]


@pytest.mark.parametrize("size", [1, 7, 100])
def test_it_does_not_matter_how_the_file_arrives(tmp_path: Path, size: int) -> None:
    """An event file is read while it grows."""
    content = write(tmp_path, "loss", 1.0, 2.0, 3.0).read_bytes()
    assert [each.text() for each in scalars(pieces(content, size))] == ["1.0", "2.0", "3.0"]


@pytest.mark.parametrize("size", [(1 << 24) + 1, 1 << 40, (1 << 64) - 1])
def test_a_record_too_large_is_passed_over(tmp_path: Path, size: int) -> None:
    """What follows it is read; nothing that large is held."""
    content = write(tmp_path, "loss", 1.0).read_bytes()
    file = [struct.pack("<Q4x", size), *[bytes(1 << 18)] * 64]
    file += [bytes(size + 4 - (1 << 24))] if size < 1 << 25 else []
    read = [each.text() for each in scalars([*file, content])]
    assert read == (["1.0"] if size < 1 << 25 else [])


def test_of_equal_times_the_tag_that_was_seen_later_is_the_latest(tmp_path: Path) -> None:
    """TensorBoard keeps tags in the order in which they appear, and Katib asks for one after the other."""
    with SummaryWriter(str(tmp_path)) as writer:
        for tag, value in [("loss_b", 1.0), ("loss_a", 2.0), ("loss_b", 3.0)]:
            writer.add_scalar(tag, value, 1, walltime=1.7e9)
    assert latest(tmp_path, "loss") == ["2.0"]


def test_many_tags_are_not_all_kept(tmp_path: Path) -> None:
    """Their values are read all the same."""
    with SummaryWriter(str(tmp_path)) as writer:
        for number in range(3000):
            writer.add_scalar(f"loss_{number}", number, 1, walltime=1.7e9)
    assert collected(tmp_path, "loss") == {"loss": Metric("0.0", "2999.0", "2999.0")}


def test_the_objective_decides_whether_anything_counts(tmp_path: Path) -> None:
    """Where the objective was never reported, the other metrics are unavailable too."""
    objective = {"type": "minimize", "objectiveMetricName": "loss", "additionalMetricNames": ["accuracy"]}
    experiment = search(
        "echo ${trialParameters.lr}", objective=objective, metricsCollectorSpec=spec("TensorFlowEvent", "/tb")
    )
    write(tmp_path, "accuracy", 0.5)
    names = experiment.objective.metrics
    assert collect(experiment.collector, names, tmp_path)["accuracy"].latest == "unavailable"
    write(tmp_path / "more", "loss", 0.25)
    assert collect(experiment.collector, names, tmp_path)["accuracy"].latest == "0.5"
