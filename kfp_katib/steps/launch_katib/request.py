# SPDX-License-Identifier: Apache-2.0
"""What a launch is asked for, in groups that belong together."""

from __future__ import annotations

from dataclasses import dataclass

from kfp_katib.errors import InputError
from kfp_katib.experiment.choices import choose


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose search this is and where it runs: a retried step finds its search by all three.

    Attributes:
        run_id: The pipeline run.
        task_name: The step in it.
        namespace: Where the Experiment runs; empty means the launcher's own.
    """

    run_id: str = ""
    task_name: str = ""
    namespace: str = ""

    def check(self, engine: str) -> None:
        """Refuse what would not identify anything.

        Raises:
            InputError: A part is empty where other runs' searches are around, or is still a placeholder.
        """
        for name, value in (("run_id", self.run_id), ("task_name", self.task_name)):
            if not value and engine != "local":
                raise InputError(
                    f"{name} is empty and no pod of a pipeline tells it, so a retried step could not find "
                    "its Experiment among those of other runs. Pass dsl.PIPELINE_JOB_ID_PLACEHOLDER and "
                    "dsl.PIPELINE_TASK_NAME_PLACEHOLDER."
                )
            if "{{$" in value:
                raise InputError(
                    f"{name} is {value!r}: the pipeline left a placeholder in it. Pass the placeholder as "
                    "the whole argument, not inside a longer text."
                )


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait, in seconds, and what then."""

    timeout_seconds: float = 86400
    stall_timeout_seconds: float = 1800
    on_timeout: str = "fail"

    def check(self) -> None:
        """Refuse what makes no sense.

        Raises:
            InputError: A time is not positive, or on_timeout is no such policy.
        """
        choose(self.on_timeout, ("fail", "best_so_far"), "on_timeout")
        for name in ("timeout_seconds", "stall_timeout_seconds"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} is {getattr(self, name)}. Give a number of seconds above 0.")
