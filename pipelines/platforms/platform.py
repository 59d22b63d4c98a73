# SPDX-License-Identifier: Apache-2.0
"""What one kind of installation changes in the pipeline."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kfp import dsl


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform.

    Attributes:
        name: The suffix of the pipeline's name.
        engine: Who runs the trials unless the run says otherwise.
        models: Where trials write their models unless the run says otherwise.
        destination: Where prepare_data writes unless the run says otherwise; empty is the artifact store.
        trial_pod: What a trial's pod needs to reach all that.
        attach: Gives a step of the pipeline what it needs there: image, labels, volumes, secrets. Every step
            gets it but register_model and the exit task, which touch no file.
        retries: How often the search is started again after a failure; it then adopts its own Experiment.
    """

    name: str
    engine: str
    models: str
    destination: str
    trial_pod: dict[str, Any]
    attach: Callable[[dsl.PipelineTask], None]
    retries: int = 2
