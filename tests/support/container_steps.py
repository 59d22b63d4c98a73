# SPDX-License-Identifier: Apache-2.0
"""kfp.local runs steps that are containers, such as Google's own, as processes in this environment."""

from __future__ import annotations

import json
from typing import Any

import pytest
from kfp.local import subprocess_task_handler
from kfp.local.status import Status
from kfp.local.subprocess_task_handler import SubprocessTaskHandler


class ContainerTaskHandler(SubprocessTaskHandler):  # type: ignore[misc]
    """A process instead of a container, if what the container would start is installed here."""

    full_command: list[str]

    def validate_not_container_component(self, full_command: list[str]) -> None:
        """Do not refuse it, as kfp.local does: a container's image may hold what is not installed here.

        Of Google's launcher the tests know that the same package, in the same version, is.
        """

    def run(self) -> Status:
        """Run it, with its arguments as the cluster's backend prints them."""
        self.full_command = [printed(argument) for argument in self.full_command]
        return super().run()


def printed(argument: str) -> str:
    """An argument of JSON in which a whole number is `2`, as Go prints it; kfp.local prints `2.0`.

    Both hold numbers as floating point once they are in a list. Google's launcher takes no `2.0` for the
    number of accelerators.
    """
    if not argument.startswith("{"):
        return argument
    try:
        return json.dumps(_whole(json.loads(argument)))
    except ValueError:
        return argument


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _whole(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def run_containers(patch: pytest.MonkeyPatch) -> None:
    """Container steps run, for as long as the patch lasts."""
    patch.setattr(subprocess_task_handler, "SubprocessTaskHandler", ContainerTaskHandler)
