# SPDX-License-Identifier: Apache-2.0
"""Whose search this is must be known before anything starts, or a retried step finds another one's."""

from __future__ import annotations

from kfp_katib.engines.options import Identity
from kfp_katib.errors import InputError


def check_identity(identity: Identity, *, without: str) -> None:
    """Refuse an identity with an empty part, or with a placeholder that nobody filled.

    Args:
        identity: The pipeline run and the step in it.
        without: What an empty part leads to, as the end of a sentence; empty where it does no harm.

    Raises:
        InputError: A part is empty although that does harm, or is still a placeholder.
    """
    for name, value in (("run_id", identity.run_id), ("task_name", identity.task_name)):
        if without and not value:
            raise InputError(
                f"{name} is empty{without}. Pass dsl.PIPELINE_JOB_ID_PLACEHOLDER and "
                "dsl.PIPELINE_TASK_NAME_PLACEHOLDER."
            )
        if "{{$" in value:
            raise InputError(
                f"{name} is {value!r}: the pipeline left a placeholder in it. Pass the placeholder as "
                "the whole argument, not inside a longer text."
            )
