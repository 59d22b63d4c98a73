# SPDX-License-Identifier: Apache-2.0
"""From the best checkpoint to a deployable model, and away with the other checkpoints."""

from typing import NamedTuple

from kfp import dsl
from kfp.dsl import Dataset, Input, Model, Output

from ._image import TRAINING_IMAGE


@dsl.component(base_image=TRAINING_IMAGE, install_kfp_package=False)
def extract_best_model(
    best_model: Input[Model],
    trials: Input[Dataset],
    model: Output[Model],
    keep: int = 1,
    dry_run: bool = False,
    function: str = "training.export:export",
) -> NamedTuple("Extracted", [("pruned", int)]):
    """Export the best model and delete the checkpoints that lost.

    Args:
        best_model: What launch_katib delivered. Its metadata say where the other checkpoints are.
        trials: The trials of the same launch_katib. Nothing is deleted where the best one is not among them.
        model: The deployable model. Metadata: what the function tells about it; and of best_model's,
            where it comes from: experiment, trial, models, metric, value, parameters (JSON), manifest_sha256
            and image.
        keep: 1 keeps the best trial's own checkpoint, 0 not even that: its copy is in the pipeline.
        dry_run: Log what would be deleted, and delete nothing.
        function: What exports, as `module:function` inside the image. It is called as
            `function(model, destination)` with two paths and returns its metadata.

    Returns:
        How many checkpoints were deleted, or would be with dry_run.
    """
    from kfp_katib.steps.extract_best_model import extract

    extracted = extract(
        function, best_model.path, best_model.metadata, trials.path, model.path, keep=keep, dry_run=dry_run
    )
    model.metadata.update(extracted.metadata)
    return (extracted.pruned,)
