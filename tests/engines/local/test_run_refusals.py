# SPDX-License-Identifier: Apache-2.0
"""What the local engine does not run is refused before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kfp_katib import run
from kfp_katib.errors import InputError
from kfp_katib.experiment import Experiment
from tests.builders.search import PRINT, search
from tests.engines.local.searches import one


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"metricsCollectorSpec": {"collector": {"kind": "Push"}}}, "'Push' runs on Katib only"),
    ],
    ids=["collector"],
)
def test_what_only_katib_has_is_refused(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    """The message names the field's value and what there is here; nothing is started."""
    experiment: Experiment = search(PRINT, **changes)
    with pytest.raises(InputError, match=says):
        run(experiment, runs=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_placeholder_without_a_value_is_refused(tmp_path: Path) -> None:
    """Where the data are, nobody but the user knows."""
    with pytest.raises(InputError, match=r"\$\{pipeline.dataset\} has no value; give dataset"):
        run(search("ls ${pipeline.dataset}; " + PRINT), runs=tmp_path)
    assert one(PRINT, tmp_path, container={"image": "${pipeline.image}"}).state == "Succeeded"


def test_a_wrong_on_timeout_is_refused(tmp_path: Path) -> None:
    """A misspelt option is no default."""
    with pytest.raises(InputError, match=r"on_timeout is 'best'.*best_so_far, fail"):
        run(search(PRINT), runs=tmp_path, on_timeout="best")  # type: ignore[arg-type]


def test_a_command_that_is_too_long_is_refused(tmp_path: Path) -> None:
    """Linux holds 128 KiB in one argument; the message says how long the command is."""
    with pytest.raises(InputError, match=r"could not be started.*131072 bytes"):
        run(search(PRINT + " " * 140_000, maxTrialCount=1), runs=tmp_path)
