# SPDX-License-Identifier: Apache-2.0
"""The data that every trial reads."""

from kfp import dsl
from kfp.dsl import Dataset, Output

from ._image import TRAINING_IMAGE


@dsl.component(base_image=TRAINING_IMAGE, install_kfp_package=False)
def prepare_data(
    dataset: Output[Dataset],
    source: str = "",
    options: dict = {},
    destination: str = "",
    function: str = "training.prepare:prepare",
) -> None:
    """Prepare the data that the trials train on.

    Args:
        dataset: The prepared data. What the function tells about them is its metadata: text and finite
            numbers as they are, everything else as JSON.
        source: Where the data come from, as the function understands it: an address of files, or empty for
            data that it generates.
        options: Further keyword arguments of the function. Whole numbers arrive as whole numbers.
        destination: A folder that the trials reach (a mounted volume), where the data are written instead
            of the artifact store; the artifact then names it in its metadata as `address`, and has no files
            of its own that anybody would have to copy.
        function: What does the work, as `module:function` inside the image. It is called as
            `function(source, destination, **options)`, writes to that path and returns its metadata.
    """
    from kfp_katib.steps.prepare_data import prepare

    prepared = prepare(function, source, destination or dataset.path, options)
    dataset.metadata.update(prepared.metadata)
    if destination:
        dataset.metadata["address"] = prepared.address
