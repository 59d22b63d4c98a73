# SPDX-License-Identifier: Apache-2.0
"""The pipeline's last part: a model that passed is promoted, and registered where a registry is given.

It is a pipeline of its own because kfp.local tests a named output of a step only where it came in as a
parameter; anywhere else it takes the condition for false.
"""

from typing import Any

from kfp import dsl
from kfp.dsl import Input, Model

from components import promote, register_model
from pipelines.platforms import Platform


def promote_if_passed(platform: Platform) -> dsl.base_component.BaseComponent:
    """The part for one platform."""

    @dsl.pipeline(name="release", description="Promote and register a model that passed.")
    def part(
        passed: bool,
        model: Input[Model],
        release: str,
        registry: str = "",
        model_name: str = "",
        author: str = "",
    ) -> None:
        with dsl.If(passed == True, name="passed"):  # noqa: E712
            promoted = promote_and_register(model, release, registry, model_name, author)
        platform.attach(promoted)

    return part


def promote_and_register(model: Any, release: Any, registry: Any, model_name: Any, author: Any) -> Any:
    """Promote a model, and register it where a registry is given: the two steps, inside one's condition.

    Returns:
        The step that promotes.
    """
    promoted = promote(model=model, release=release)
    with dsl.If(registry != "", name="registry"):
        registered = register_model(
            model=model,
            name=model_name,
            address=promoted.outputs["address"],
            registry=registry,
            author=author,
            run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
            run_name=dsl.PIPELINE_JOB_NAME_PLACEHOLDER,
        )
    for step in (promoted, registered):
        step.set_caching_options(False)
    return promoted
