# SPDX-License-Identifier: Apache-2.0
"""Pipelines of somebody else's around the launcher's YAML.

Kfp reads annotations as objects, so they live in a module without postponed ones.
"""

from pathlib import Path
from typing import Any

from kfp import compiler, components, dsl
from kfp.dsl import HTML, Dataset, Input, Markdown, Metrics, Model

from components import RUNTIME_IMAGE


@dsl.component(base_image=RUNTIME_IMAGE, install_kfp_package=False)
def told(
    best_model: Input[Model],
    trials: Input[Dataset],
    metrics: Input[Metrics],
    summary: Input[Markdown],
    report: Input[HTML],
    best: dict[str, Any],
    value: float,
) -> None:
    """Print what a step after the search gets, as one line of JSON."""
    import json
    from pathlib import Path

    artifacts = {
        "best_model": best_model,
        "trials": trials,
        "metrics": metrics,
        "summary": summary,
        "report": report,
    }
    about = {name: {"uri": each.uri, "metadata": each.metadata} for name, each in artifacts.items()}
    read = {
        name: Path(each.path).read_text() for name, each in artifacts.items() if name in ("trials", "summary")
    }
    print("TOLD " + json.dumps({"artifacts": about, "read": read, "best": best, "value": value}))


def search_and_tell(build: Path, target: Path) -> Path:
    """Compile a pipeline with the launcher from its YAML and a step that uses all its outputs."""
    launch_katib = components.load_component_from_file(str(build / "components" / "launch_katib.yaml"))

    @dsl.pipeline(name="search-and-tell")
    def pipeline(experiment: str, image: str) -> None:
        found = launch_katib(
            experiment=experiment,
            image=image,
            run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
            task_name=dsl.PIPELINE_TASK_NAME_PLACEHOLDER,
        )
        found.set_caching_options(False)
        outputs = found.outputs
        told(
            best_model=outputs["best_model"],
            trials=outputs["trials"],
            metrics=outputs["metrics"],
            summary=outputs["summary"],
            report=outputs["report"],
            best=outputs["best_hyperparameters"],
            value=outputs["best_value"],
        )

    compiler.Compiler().compile(pipeline, str(target))
    return target


def places(build: Path, target: Path) -> Path:
    """Compile a pipeline that launches one manifest in the passes of two loops and in two nested pipelines.

    The first loop leaves run and step empty, everything else names both.
    """
    launch_katib = components.load_component_from_file(str(build / "components" / "launch_katib.yaml"))
    named = {"run_id": dsl.PIPELINE_JOB_ID_PLACEHOLDER, "task_name": dsl.PIPELINE_TASK_NAME_PLACEHOLDER}

    @dsl.pipeline(name="inner")
    def inner(experiment: str) -> None:
        launch_katib(experiment=experiment, **named).set_caching_options(False)

    @dsl.pipeline(name="places")
    def pipeline(experiment: str) -> None:
        with dsl.ParallelFor(["a", "b"]):
            launch_katib(experiment=experiment).set_caching_options(False)
        with dsl.ParallelFor(["a", "b"]):
            launch_katib(experiment=experiment, **named).set_caching_options(False)
        inner(experiment=experiment)
        inner(experiment=experiment)

    compiler.Compiler().compile(pipeline, str(target))
    return target


def with_exit_task(build: Path, target: Path) -> Path:
    """Compile a pipeline of a search alone, with clean_up as its exit task."""
    launch_katib, clean_up = (
        components.load_component_from_file(str(build / "components" / f"{name}.yaml"))
        for name in ("launch_katib", "clean_up")
    )

    @dsl.pipeline(name="search-and-clean-up")
    def pipeline(experiment: str, namespace: str = "") -> None:
        end = clean_up(
            run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER, namespace=namespace, experiment=experiment
        ).set_caching_options(False)
        with dsl.ExitHandler(end):
            search = launch_katib(experiment=experiment, namespace=namespace)
            search.set_caching_options(False)
            search.set_retry(2)

    compiler.Compiler().compile(pipeline, str(target))
    return target
