# SPDX-License-Identifier: Apache-2.0
"""One machine: plain folders, no cluster, trials as processes of the search step."""

from kfp import dsl

from pipelines.platforms.platform import Platform


def attach(step: dsl.PipelineTask) -> None:
    """Every step sees the same disk already."""


LOCAL = Platform(
    name="local",
    engine="local",
    models="local_outputs/models",
    destination="",
    trial_pod={},
    attach=attach,
    retries=0,
)
