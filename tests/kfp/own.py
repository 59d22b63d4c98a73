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
