# SPDX-License-Identifier: Apache-2.0
"""The one measurement of a trial, as cloudml-hypertune writes its lines."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfp_katib.errors import InputError
from kfp_katib.vertex.measurement import measurement_path, write_measurement


def test_a_line_has_the_keys_and_types_of_hypertunes(tmp_path: Path) -> None:
    """All is text but the time, the metric's name is a key, and folders are made."""
    path = tmp_path / "a/b/output.metrics"
    before = time.time()
    write_measurement(path, "7", "val/loss", 0.5)
    text = path.read_text()
    assert (text.count("\n"), text[-1]) == (1, "\n")
    line = json.loads(text)
    assert before <= line.pop("timestamp") <= time.time()
    assert line == {"trial": "7", "val/loss": "0.5", "global_step": "1", "checkpoint_path": ""}


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_value_keeps_all_its_digits(tmp_path_factory: pytest.TempPathFactory, value: float) -> None:
    """What Vertex AI compares is what Katib compares."""
    path = tmp_path_factory.getbasetemp() / "output.metrics"
    write_measurement(path, "7", "loss", value)
    found = float(json.loads(path.read_text())["loss"])
    assert (found, math.copysign(1, found)) == (value, math.copysign(1, value))


def test_it_takes_the_place_of_what_is_there(tmp_path: Path) -> None:
    """One trial has one measurement."""
    path = tmp_path / "output.metrics"
    path.write_text("an earlier line\n" * 3)
    write_measurement(path, "7", "loss", 1)
    assert path.read_text().count("\n") == 1


def test_where_vertex_looks() -> None:
    """Its variable names the file, else it is hypertune's own."""
    assert measurement_path({"CLOUD_ML_HP_METRIC_FILE": "/x/y"}) == Path("/x/y")
    assert measurement_path({}) == measurement_path({"CLOUD_ML_HP_METRIC_FILE": ""})
    assert measurement_path({}) == Path("/tmp/hypertune/output.metrics")


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """With the system's reason."""
    with pytest.raises(InputError, match=rf"'loss' cannot be written into {tmp_path}: Is a directory"):
        write_measurement(tmp_path, "7", "loss", 1)
