# SPDX-License-Identifier: Apache-2.0
"""Where the trials read their data: at an address, on a volume, or from the step's own disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kfp_katib.errors import InputError
from kfp_katib.steps.search.plan import RunContext


@dataclass
class Downloaded:
    """An artifact with its place on a step's disk."""

    uri: str
    path: str
    metadata: dict[str, Any] = field(default_factory=dict)


def test_trials_in_this_very_step_read_an_artifacts_data_from_its_disk(tmp_path: Path) -> None:
    """Kubeflow Pipelines has put them there, and the store's keys are not the trials' business."""
    artifact = Downloaded(uri="minio://mlpipeline/v2/data", path=str(tmp_path))
    assert RunContext(dataset=artifact).with_local_data().dataset_address == str(tmp_path)


def test_data_that_are_not_on_this_disk_keep_their_address() -> None:
    """An artifact that nobody downloads, or a plain address, is handed on as it is."""
    artifact = Downloaded(uri="s3://bucket/data", path="/not/there")
    assert RunContext(dataset=artifact).with_local_data().dataset_address == "s3://bucket/data"
    assert RunContext(dataset="s3://bucket/data").with_local_data().dataset_address == "s3://bucket/data"


def test_data_on_a_volume_are_read_there() -> None:
    """The artifact itself holds nothing then; its metadata say where the data are."""
    artifact = Downloaded("minio://mlpipeline/v2/data", "/not/there", {"address": "/data/dataset"})
    assert RunContext(dataset=artifact).dataset_address == "/data/dataset"
    assert RunContext(dataset=artifact).with_local_data().dataset_address == "/data/dataset"


def test_an_artifact_whose_data_are_gone_is_refused() -> None:
    """A cached step hands on an artifact that the store has lost; its trials would fail one by one."""
    artifact = Downloaded("minio://mlpipeline/v2/data", "/not/there")
    with pytest.raises(InputError, match=r"minio://mlpipeline/v2/data is empty.*/not/there.*caching off"):
        RunContext(dataset=artifact).check()


@pytest.mark.parametrize(
    "dataset",
    [
        None,
        "s3://bucket/data",
        Downloaded("minio://mlpipeline/v2/data", "/not/there", {"address": "/data/dataset"}),
        Downloaded("minio://mlpipeline/v2/data", "/"),
    ],
    ids=["none", "an address", "on a volume", "copied"],
)
def test_data_that_are_elsewhere_or_here_are_taken(dataset: Any) -> None:
    """Only a copy that should be there and is not means that nothing can be read."""
    RunContext(dataset=dataset).check()
