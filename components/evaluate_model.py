# SPDX-License-Identifier: Apache-2.0
"""The judgement on a model: its observables against their thresholds."""

from typing import NamedTuple

from kfp import dsl
from kfp.dsl import HTML, Dataset, Input, Metrics, Model, Output

from ._image import TRAINING_IMAGE


@dsl.component(base_image=TRAINING_IMAGE, install_kfp_package=False)
def evaluate_model(
    model: Input[Model],
    dataset: Input[Dataset],
    metrics: Output[Metrics],
    report: Output[HTML],
    thresholds: dict = {},
    function: str = "training.evaluate:evaluate",
) -> NamedTuple("Evaluation", [("passed", bool)]):
    """Compare a model with the data and decide whether it is good enough.

    Args:
        model: The deployable model of extract_best_model.
        dataset: What to compare it with.
        metrics: The observables, each a finite number.
        report: The function's own page where it wrote one, else a table of the observables.
        thresholds: The allowed range of an observable, such as {"error": [0, 0.1]}; null for an open end.
            Observables without one are reported and not judged.
        function: What evaluates, as `module:function` inside the image. It is called as
            `function(model, dataset, destination)` with three paths, returns the observables, and may
            write report.html into the destination.

    Returns:
        Whether there is a model and every observable with a threshold is a finite number within it.
    """
    from kfp_katib.steps.evaluate_model import evaluate

    data = dataset.metadata.get("address") or dataset.path
    evaluation = evaluate(function, model.path, model.metadata, data, report.path, thresholds=thresholds)
    metrics.metadata.update(evaluation.metrics)
    return (evaluation.passed,)
