# SPDX-License-Identifier: Apache-2.0
"""The pipeline's last part: a model that passed is promoted.

It is a pipeline of its own because kfp.local tests a named output of a step only where it came in as a
parameter; anywhere else it takes the condition for false.
"""

from kfp import dsl
from kfp.dsl import Input, Model

from components import promote
from pipelines.platforms import Platform


def promote_if_passed(platform: Platform) -> dsl.base_component.BaseComponent:
    """The part for one platform."""

    @dsl.pipeline(name="release", description="Promote a model that passed.")
    def part(passed: bool, model: Input[Model], release: str) -> None:
        with dsl.If(passed == True, name="passed"):  # noqa: E712
            promoted = promote(model=model, release=release)
        platform.attach(promoted)
        promoted.set_caching_options(False)

    return part
