# SPDX-License-Identifier: Apache-2.0
"""What the pipeline's smaller steps do; the search itself is in kfp_katib.launch.

The components only name inputs and outputs and call these, so everything here runs and is tested without
Kubeflow Pipelines.
"""

from __future__ import annotations

from kfp_katib.steps.clean_up import clean_up_run
from kfp_katib.steps.evaluate import Evaluation, evaluate
from kfp_katib.steps.extract import Extracted, extract
from kfp_katib.steps.prepare import Prepared, prepare
from kfp_katib.steps.release import release_model

__all__ = [
    "Evaluation",
    "Extracted",
    "Prepared",
    "clean_up_run",
    "evaluate",
    "extract",
    "prepare",
    "release_model",
]
