# SPDX-License-Identifier: Apache-2.0
"""A manifest from Python's own values: what to tune, how to start it, how much of it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kfp_katib.errors import InputError
from kfp_katib.experiment.choices import closest
from kfp_katib.experiment.defaults import PARALLEL_TRIALS, STRATEGIES
from kfp_katib.experiment.parts import Manifest, Objective, Parameter
from kfp_katib.experiment.pods import ISTIO_LABEL
from kfp_katib.experiment.structure import API_VERSION

CONTAINER = "training"
TRIAL = "trial"
"""A name that a command may use without declaring it: the trial's own name."""

_BRACED = re.compile(r"(?<!\$)\{([^{}\s]+)\}")
_KATIBS = re.compile(r"\$\{trialParameters\.([^${}]+)\}")


def manifest(
    *,
    name: str,
    objective: Objective,
    parameters: Mapping[str, Parameter],
    command: Sequence[str],
    algorithm: str,
    algorithm_settings: Mapping[str, object],
    max_trials: int,
    parallel_trials: int | None,
    max_failed_trials: int | None,
    image: str,
    env: Mapping[str, str],
    resources: Mapping[str, object],
) -> Manifest:
    """The manifest of `Experiment.build`, whose arguments these are.

    Raises:
        InputError: An argument is of a kind that cannot be meant, or the command leaves out a parameter.
    """
    _refuse_other_kinds(objective, parameters, command)
    if max_trials < 1:
        raise InputError(f"max_trials is {max_trials}. Give a whole number from 1 on.")
    words = [_with_values(word, parameters) for word in map(str, command)]
    variables = {key: _with_values(str(text), parameters) for key, text in env.items()}
    words += _flags(words, variables, parameters)
    container = {
        "name": CONTAINER,
        "image": image,
        "command": words if _is_script(words) else [_quoted(word, parameters) for word in words],
        "env": [{"name": key} | ({"value": text} if text else {}) for key, text in variables.items()],
        "resources": {"limits": {key: str(amount) for key, amount in resources.items()}} if resources else {},
    }
    settings = [{"name": key, "value": str(value)} for key, value in algorithm_settings.items()]
    counts = {
        "maxTrialCount": max_trials,
        "parallelTrialCount": min(PARALLEL_TRIALS, max_trials)
        if parallel_trials is None
        else parallel_trials,
        "maxFailedTrialCount": max_trials if max_failed_trials is None else max_failed_trials,
    }
    spec = {
        "objective": _objective(objective),
        "algorithm": _given({"algorithmName": algorithm, "algorithmSettings": settings}),
        **counts,
        "parameters": [_parameter(key, each) for key, each in parameters.items()],
        "trialTemplate": _template(_given(container), parameters, _names([*words, *variables.values()])),
    }
    return {
        "apiVersion": API_VERSION,
        "kind": "Experiment",
        "metadata": {"name": name},
        "spec": spec,
    }


def _refuse_other_kinds(objective: object, parameters: Mapping[str, object], command: object) -> None:
    """Whoever does not check types is told here."""
    if not isinstance(objective, Objective):
        metric = objective if isinstance(objective, str) else "loss"
        raise InputError(
            f"objective is {objective!r:.80}. Give search.minimize({metric!r}), or search.maximize of it."
        )
    if not parameters:
        raise InputError("parameters is empty. Give at least one, such as {'lr': search.double(1e-4, 1e-1)}.")
    for key, each in parameters.items():
        if not isinstance(each, Parameter):
            raise InputError(
                f"parameters[{key!r}] is {each!r:.80}, which is no space to search. Give search.double(...), "
                "search.int(...), search.categorical([...]); a value that stays the same belongs in command."
            )
    if isinstance(command, str):
        raise InputError(
            f"command is text. Give its words as a list: {command.split()!r}. For a line that only a "
            "shell understands: ['sh', '-c', 'the line']."
        )
    if not command:
        raise InputError("command is empty. Give what starts a trial, such as ['python', 'train.py'].")


def _with_values(text: str, parameters: Iterable[str]) -> str:
    """The text with Katib's placeholder for each `{name}`; other braces stay as they are."""
    names = {*parameters, TRIAL}
    return _BRACED.sub(lambda found: _placeholder(found[1]) if found[1] in names else found[0], text)


def _placeholder(name: str) -> str:
    return f"${{trialParameters.{name.lstrip('-')}}}"


def _names(texts: Iterable[str]) -> set[str]:
    """The placeholders in the texts."""
    return {name for text in texts for name in _KATIBS.findall(text)}


def _flags(words: Sequence[str], env: Mapping[str, str], parameters: Mapping[str, Parameter]) -> list[str]:
    """`--name=value` for each parameter where the command and its variables name none at all.

    Raises:
        InputError: They name some of them, or the flags would not reach the program.
    """
    texts = [*words, *env.values()]
    named = _names(texts)
    missing = [name for name in parameters if name.lstrip("-") not in named]
    if not missing:
        return []
    if len(missing) < len(parameters):
        raise InputError(_left_out(missing, texts, parameters))
    if "-c" in words:
        raise InputError(
            f"command names no parameter, and flags after a script that follows -c would not reach it. Write "
            f"{{{missing[0]}}} in it where the value goes."
        )
    return [f"{name if name.startswith('-') else f'--{name}'}={_placeholder(name)}" for name in missing]


def _left_out(missing: Sequence[str], texts: Iterable[str], parameters: Mapping[str, Parameter]) -> str:
    there = [name for name in parameters if name not in missing]
    stray = [name for text in texts for name in _BRACED.findall(text) if closest(name, missing)]
    meant = f" It holds {{{stray[0]}}}: did you mean {{{closest(stray[0], missing)}}}?" if stray else ""
    return (
        f"command names {', '.join(there)}, but not {', '.join(missing)}.{meant} Write {{{missing[0]}}} "
        "where its value goes. Only if no parameter is named, --name=VALUE is appended for each."
    )


def _is_script(words: Sequence[str]) -> bool:
    """Whether the command is a shell's line already, which Katib leaves as it is."""
    # With all rules; who only reads does not wait for them.
    from kfp_katib.experiment.rules.shell import unwrapped

    return unwrapped(tuple(words))[1] != tuple(words)


def _quoted(word: str, parameters: Mapping[str, Parameter]) -> str:
    """The word as it must stand in the line that Katib makes of all words and gives to a shell."""
    named = _names([word])
    values = [
        text for key, each in parameters.items() if key.lstrip("-") in named for text in each.space.list
    ]
    texts = [_KATIBS.sub("x", word), *values]
    return word if all(shlex.quote(each) == each for each in texts) else shlex.quote(word)


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that have a value; Katib refuses empty ones in a Job."""
    return {key: value for key, value in fields.items() if value not in (None, [], {})}


def _objective(objective: Objective) -> dict[str, Any]:
    usual = STRATEGIES[objective.type]
    own = [
        {"name": metric, "value": strategy}
        for metric, strategy in objective.strategies.items()
        if strategy != usual or metric in objective.compared
    ]
    return _given(
        {
            "type": objective.type,
            "objectiveMetricName": objective.metric,
            "goal": objective.goal,
            "additionalMetricNames": list(objective.additional),
            "metricStrategies": own,
        }
    )


def _parameter(name: str, parameter: Parameter) -> dict[str, Any]:
    space = parameter.space
    fields = {"min": space.min, "max": space.max, "step": space.step, "list": list(space.list)}
    if space.distribution != "uniform":
        fields["distribution"] = space.distribution
    given = {key: value for key, value in fields.items() if value}
    return {"name": name, "parameterType": parameter.type, "feasibleSpace": given}


def _template(container: Mapping[str, Any], parameters: Iterable[str], named: set[str]) -> dict[str, Any]:
    references = {name.lstrip("-"): name for name in parameters}
    if TRIAL in named and TRIAL not in references:
        references[TRIAL] = "${trialSpec.Name}"
    pod = {"restartPolicy": "Never", "containers": [container]}
    labels = {ISTIO_LABEL: "false"}
    return {
        "primaryContainerName": CONTAINER,
        "trialParameters": [{"name": name, "reference": to} for name, to in references.items()],
        "trialSpec": {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "spec": {"backoffLimit": 0, "template": {"metadata": {"labels": labels}, "spec": pod}},
        },
    }
