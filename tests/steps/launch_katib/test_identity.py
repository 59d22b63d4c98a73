# SPDX-License-Identifier: Apache-2.0
"""Whose search it is must be known before anything starts."""

from __future__ import annotations

import pytest

from kfp_katib.engines.engine import named
from kfp_katib.errors import InputError
from kfp_katib.steps.launch_katib import Identity, identified


@pytest.mark.parametrize("identity", [Identity("", "task"), Identity("run", "")], ids=["run_id", "task_name"])
def test_a_search_in_a_cluster_must_belong_to_a_run(identity: Identity) -> None:
    """Without a run and a step a retried pod could not tell its own Experiment from others."""
    with pytest.raises(
        InputError, match=r"is empty and no pipeline pod provides it.*PIPELINE_JOB_ID_PLACEHOLDER"
    ):
        identified(named("katib"), identity)


def test_a_search_on_one_machine_needs_no_run() -> None:
    """There the manifest alone names the search, and the same manifest goes on where it was."""
    assert identified(named("local"), Identity()) == Identity()


def test_a_placeholder_that_nobody_filled_is_refused() -> None:
    """A cluster fills a placeholder only where it is the whole argument; inside a text it stays."""
    with pytest.raises(InputError, match=r"run_id is 'my-{{.*the whole argument"):
        identified(named("local"), Identity("my-{{$.pipeline_job_uuid}}", "task"))
