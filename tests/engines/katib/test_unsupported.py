# SPDX-License-Identifier: Apache-2.0
"""What a run cannot ask of a Katib, each with the way on."""

from __future__ import annotations

from typing import Any

import pytest

from kfp_katib.engines.katib.unsupported import refuse_options
from kfp_katib.engines.options import Identity, RunOptions
from kfp_katib.errors import InputError
from kfp_katib.experiment import load
from tests.builders.result import result
from tests.engines.katib.live.manifests import small

EXPERIMENT = load(small("x", "a:1"))
HERE: dict[str, Any] = {
    "again": True,
    "python": "/opt/conda/bin/python",
    "threads_per_trial": 2,
    "warm_start": result([]),
    "enqueue": ({"lr": "0.1"},),
    "retry_failed": True,
}


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("again", r"^again=True is for the local engine\. First: kfp-katib cancel experiment/x -n team$"),
        ("python", r"^python is for the local engine\. .* their image's Python"),
        ("threads_per_trial", r"^threads_per_trial is for the local engine\. .*OMP_NUM_THREADS"),
        ("warm_start", r"^warm_start is for the local engine\. .*katib#1067"),
        ("enqueue", r"^enqueue is for the local engine\. .*grid"),
        ("retry_failed", r"^retry_failed=True is for the local engine\. .*backoffLimit"),
    ],
)
def test_an_option_that_only_this_machine_knows_is_refused(field: str, said: str) -> None:
    """By its name on the command line."""
    options: dict[str, Any] = {field: HERE[field], "identity": Identity(namespace="team")}
    with pytest.raises(InputError, match=said):
        refuse_options(EXPERIMENT, RunOptions(**options))


def test_all_of_them_are_refused_at_once() -> None:
    """One line each."""
    with pytest.raises(InputError) as error:
        refuse_options(EXPERIMENT, RunOptions(**HERE))
    assert len(str(error.value).splitlines()) == len(HERE)


def test_a_run_without_them_is_not_refused() -> None:
    """Whatever else it asks for."""
    refuse_options(EXPERIMENT, RunOptions(timeout_seconds=60, on_timeout="best_so_far", models="s3://b/m"))
    refuse_options(EXPERIMENT, RunOptions(warm_start=[], enqueue=[]))
