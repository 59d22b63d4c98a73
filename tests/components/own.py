# SPDX-License-Identifier: Apache-2.0
"""Pipelines of somebody else's, with steps of theirs around ours.

Kfp reads annotations as objects, so they live in a module without postponed ones.
"""

from pathlib import Path
from typing import Any

from kfp import components, dsl

from components import launch_katib
from tests.places import ROOT


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def told(best: dict[str, Any], value: float) -> str:
    """Say what the search found."""
    return f"lr={best['lr']} value={value}"


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def write_as_sent(text: str, target: str) -> None:
    """Write a text as it came, and as it was sent."""
    from pathlib import Path

    from kfp_katib.steps.arguments import as_sent

    Path(as_sent(target)).write_bytes(as_sent(text).encode())
    Path("as_it_came").write_bytes(text.encode())


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def write_data(data: dsl.Output[dsl.Dataset]) -> None:
    """Write the data of tests/mine.py."""
    from pathlib import Path

    Path(data.path).mkdir()
    Path(data.path, "points.txt").write_text("0\n1\n")


@dsl.pipeline(name="search")
def search(
    experiment: str,
    data: str,
    run_id: str = "",
    task_name: str = "",
    trial_pod: dict[str, Any] = {},  # noqa: B006
) -> None:
    """A search on data that no step prepared, and a step that uses what it found."""
    found = launch_katib(
        experiment=experiment,
        engine="local",
        image="unused",
        dataset_uri=data,
        run_id=run_id,
        task_name=task_name,
        trial_pod=trial_pod,
    )
    told(best=found.outputs["best_hyperparameters"], value=found.outputs["best_value"])


@dsl.pipeline(name="send")
def send(text: str, target: str) -> None:
    """Send a text to a step."""
    write_as_sent(text=text, target=target)


def from_yaml(step: str) -> Any:
    """A component as somebody gets it who has only its YAML."""
    return components.load_component_from_file(str(ROOT / "tests" / "golden" / "components" / f"{step}.yaml"))


def mixed_pipeline(models: Path) -> Any:
    """Our steps, loaded from their YAML, in a pipeline with a step of somebody else's."""
    steps = {name: from_yaml(name) for name in ("launch_katib", "extract_best_model", "evaluate_model")}

    @dsl.pipeline(name="mixed")
    def mixed(experiment: str) -> None:
        data = write_data()
        found = steps["launch_katib"](
            experiment=experiment,
            engine="local",
            image="unused",
            models=str(models),
            dataset=data.outputs["data"],
            run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
            task_name=dsl.PIPELINE_TASK_NAME_PLACEHOLDER,
        )
        model = steps["extract_best_model"](
            best_model=found.outputs["best_model"],
            trials=found.outputs["trials"],
            keep=0,
            function="tests.mine:export",
        )
        steps["evaluate_model"](
            model=model.outputs["model"], dataset=data.outputs["data"], function="tests.mine:evaluate"
        )

    return mixed
