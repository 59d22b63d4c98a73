# SPDX-License-Identifier: Apache-2.0
"""What a run left behind, ended: the net under everything that can stop a search without a word."""

from __future__ import annotations

import logging

from kfp_katib.errors import InputError
from kfp_katib.launch.engines import engine as engine_module

_log = logging.getLogger(__name__)


def clean_up_run(run_id: str, engine: str) -> int:
    """End the searches of a run that have not finished, and say how many they were.

    Args:
        run_id: The run.
        engine: Where its searches run.

    Raises:
        InputError: The run is not named, so that every search would be meant, or there is no such engine.
    """
    if not run_id or "{{$" in run_id:
        raise InputError(f"run_id is {run_id!r}. Pass dsl.PIPELINE_JOB_ID_PLACEHOLDER as the whole argument.")
    ended: list[str] = engine_module(engine).end_abandoned(run_id)
    for name in ended:
        _log.info("ended what Experiment %s had left running", name)
    return len(ended)
