# SPDX-License-Identifier: Apache-2.0
"""A trial's parameters in the forms in which people paste them: command-line flags, YAML, JSON."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING

import yaml

from kfp_katib.results import Trial, assignments

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Parameter


def as_flags(trial: Trial) -> str:
    """`--name=value` for each, quoted for a shell, one a line; a name that is a flag already stays one."""
    flags = {name: name if name.startswith("-") else f"--{name}" for name in trial.parameters}
    return " \\\n".join(shlex.quote(f"{flags[name]}={text}") for name, text in trial.parameters.items())


def as_yaml(trial: Trial, parameters: Iterable[Parameter]) -> str:
    """One `name: value` a line."""
    return yaml.safe_dump(assignments(trial, parameters), sort_keys=False, allow_unicode=True).rstrip()


def as_json(trial: Trial, parameters: Iterable[Parameter]) -> str:
    """One object."""
    return json.dumps(assignments(trial, parameters), indent=2, ensure_ascii=False)
