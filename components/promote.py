# SPDX-License-Identifier: Apache-2.0
"""A model that passed goes where its users look for it."""

from typing import NamedTuple

from kfp import dsl
from kfp.dsl import Input, Model

from ._image import TRAINING_IMAGE


@dsl.component(base_image=TRAINING_IMAGE, install_kfp_package=False)
def promote(model: Input[Model], release: str = "") -> NamedTuple("Promoted", [("address", str)]):
    """Copy a model to its release place and verify the copy.

    Args:
        model: The deployable model.
        release: The folder, s3:// or gs:// address to copy it to; empty to skip this step.

    Returns:
        The address of the copy, empty where there is none.
    """
    from kfp_katib.steps.promote import promote_model

    return (promote_model(model.path, release, model.metadata),)
