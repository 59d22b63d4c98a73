# SPDX-License-Identifier: Apache-2.0
"""One machine: plain folders, no cluster, trials as processes of the search step."""

from kfp import dsl

from components import TRAINING_IMAGE
from pipelines.platforms.platform import Platform


def attach(step: dsl.PipelineTask) -> None:
    """Give it the trials' image: they run in the search's own step. Every step sees the same disk already."""
    step.set_container_image(TRAINING_IMAGE)


LOCAL = Platform(
    name="local",
    engine="local",
    models="local_outputs/models",
    destination="",
    trial_pod={},
    attach=attach,
    retries=0,
)
