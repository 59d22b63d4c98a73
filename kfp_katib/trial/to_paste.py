# SPDX-License-Identifier: Apache-2.0
"""A trial's whole command as one shell line, for people who run it again by hand."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kfp_katib.errors import InputError
from kfp_katib.experiment.model import Experiment
from kfp_katib.experiment.rules.shell import WRAPPED, unwrapped
from kfp_katib.results import Trial
from kfp_katib.trial.command_line import expand
from kfp_katib.trial.template import trial_spec


def command_line(experiment: Experiment, trial: Trial) -> str:
    """The command that a trial ran, with the manifest's own variables before it, ready to paste into a shell.

    It is what Katib makes of the manifest: a program with its arguments, or the script behind `sh -c`. Paths
    are those of the manifest, so a model goes where the trial wrote it. A variable whose value comes from
    elsewhere (`valueFrom`) is read from the environment of whoever pastes the line.

    Args:
        experiment: The trial's Experiment, with every placeholder filled in.
        trial: The trial; only its name and parameters are used.

    Raises:
        InputError: The manifest does not say the command: its template is in a ConfigMap, its container runs
            the image's entrypoint, or the trial has not all parameters.
    """
    box = _container(experiment, trial)
    if not box.get("command"):
        raise _unknown(experiment, f"container {box.get('name')!r} has no command, so the image says it")
    words = [*map(str, box["command"]), *map(str, box.get("args") or ())]
    elsewhere, literal = _variables(box.get("env") or [])
    words = [expand(word, elsewhere | literal) for word in words]
    variables = (f"{name}={_quoted(value, elsewhere)}" for name, value in literal.items())
    return " ".join([*variables, _line(words, experiment.collector.kind, elsewhere)])


def _variables(env: Iterable[Mapping[str, Any]]) -> tuple[dict[str, str], dict[str, str]]:
    """What stands for variables that come from elsewhere, and the values of the others."""
    elsewhere: dict[str, str] = {}
    literal: dict[str, str] = {}
    for each in env:
        name = str(each.get("name"))
        if "valueFrom" in each:
            elsewhere[name] = f"${{{name}}}"
        else:
            literal[name] = expand(str(each.get("value", "")), elsewhere | literal)
    return elsewhere, literal


def _line(words: Sequence[str], collector: str, elsewhere: Mapping[str, str]) -> str:
    """The words as Katib's pod runs them: where it collects metrics, a shell reads them again, joined."""
    if collector not in WRAPPED:
        return " ".join(_quoted(word, elsewhere) for word in words)
    shell, joined = unwrapped(tuple(words))
    text = " ".join(joined)
    is_program = len(joined) == len(words) and shlex.join(words) == text
    return text if is_program else f"{shell} -c {shlex.quote(text)}"


def _quoted(text: str, elsewhere: Mapping[str, str]) -> str:
    """One word for a shell, which still puts in the variables that come from elsewhere."""
    references = list(elsewhere.values())
    pieces = re.split(f"({'|'.join(map(re.escape, references))})", text) if references else [text]
    told = (f'"{each}"' if each in references else shlex.quote(each) for each in pieces if each)
    return "".join(told) or shlex.quote(text)


def _container(experiment: Experiment, trial: Trial) -> Mapping[str, Any]:
    """The first container of the primary one's name; a template may have several pods, its master's first."""
    template = experiment.trial_template
    if template.spec is None:
        raise _unknown(experiment, "its trial template is in a ConfigMap")
    try:
        spec = trial_spec(experiment, trial.name, trial.parameters)
    except KeyError as err:
        raise _unknown(experiment, f"trial '{trial.name}' has no value of {err}") from err
    found = next((each for each in _containers(spec) if each.get("name") == template.primary_container), None)
    if found is None:
        raise _unknown(experiment, f"its template has no container {template.primary_container!r}")
    return found


def _containers(part: Any) -> Iterator[Mapping[str, Any]]:
    """Every container in a template, whatever its kind."""
    if not isinstance(part, Mapping):
        return
    for key, value in part.items():
        if key == "containers" and isinstance(value, list):
            yield from (each for each in value if isinstance(each, Mapping))
        else:
            yield from _containers(value)


def _unknown(experiment: Experiment, why: str) -> InputError:
    return InputError(f"The command of Experiment '{experiment.name}' is not known: {why}.")
