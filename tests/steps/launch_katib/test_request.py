# SPDX-License-Identifier: Apache-2.0
"""Arguments of a launch that could not do any good are refused before anything starts."""

from __future__ import annotations

from typing import Any

import pytest

from kfp_katib.engines.engine import named
from kfp_katib.engines.options import Identity
from kfp_katib.errors import InputError
from kfp_katib.steps.launch_katib.engines import identified
from kfp_katib.steps.launch_katib.request import Limits


@pytest.mark.parametrize("identity", [Identity("", "task"), Identity("run", "")], ids=["run_id", "task_name"])
def test_a_search_in_a_cluster_must_belong_to_a_run(identity: Identity) -> None:
    """Without a run and a step a retried pod could not tell its own Experiment from others."""
    with pytest.raises(InputError, match=r"is empty and no pod .* tells it.*PIPELINE_JOB_ID_PLACEHOLDER"):
        identified(named("katib"), identity)


def test_a_search_on_one_machine_needs_no_run() -> None:
    """There the manifest alone names the search, and the same manifest goes on where it was."""
    assert identified(named("local"), Identity()) == Identity()


def test_a_placeholder_that_nobody_filled_is_refused() -> None:
    """A cluster fills a placeholder only where it is the whole argument; inside a text it stays."""
    with pytest.raises(InputError, match=r"run_id is 'my-{{.*the whole argument"):
        identified(named("local"), Identity("my-{{$.pipeline_job_uuid}}", "task"))


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        pytest.param({"timeout_seconds": 0}, "timeout_seconds is 0", id="no time"),
        pytest.param({"stall_timeout_seconds": -1}, "stall_timeout_seconds is -1", id="negative"),
        pytest.param({"timeout_seconds": float("nan")}, "timeout_seconds is nan", id="no number"),
        pytest.param({"on_timeout": "best_sofar"}, "Did you mean 'best_so_far'", id="no such policy"),
    ],
)
def test_limits_that_make_no_sense_are_refused(limits: dict[str, Any], message: str) -> None:
    """A time must be one, and a policy one of the two."""
    with pytest.raises(InputError, match=message):
        Limits(**limits).options("keep")
