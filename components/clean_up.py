# SPDX-License-Identifier: Apache-2.0
"""What an aborted run left behind is ended here."""

from typing import NamedTuple

from kfp import dsl

from ._image import RUNTIME_IMAGE


@dsl.component(base_image=RUNTIME_IMAGE, install_kfp_package=False)
def clean_up(run_id: str, engine: str = "katib", namespace: str = "", experiment: str = "") -> NamedTuple(
    "CleanedUp", [("ended", int)]
):
    """End the Experiments of a run that nobody waits for any more.

    Meant as the exit task of a pipeline. It looks for the run's own label, never for names that look alike,
    and leaves everything alone that has finished.

    Args:
        run_id: The run: pass dsl.PIPELINE_JOB_ID_PLACEHOLDER.
        engine: Where the Experiments run, as for launch_katib.
        namespace: The namespace that launch_katib got, if any.
        experiment: The manifest that launch_katib got, which may name a namespace; the step's own is always
            looked at.

    Returns:
        How many Experiments were ended.
    """
    from kfp_katib.steps.clean_up import clean_up_run

    return (clean_up_run(run_id, engine, namespace, experiment),)
