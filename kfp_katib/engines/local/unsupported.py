# SPDX-License-Identifier: Apache-2.0
"""What this engine cannot run, each with the field, its value and what to use instead."""

from __future__ import annotations

import math
from collections.abc import Iterator

from kfp_katib.engines.local.search.given import in_words
from kfp_katib.engines.local.search.space import Numbers, dimension
from kfp_katib.errors import InputError
from kfp_katib.experiment.argument_names import argument
from kfp_katib.experiment.model import Algorithm, Experiment
from kfp_katib.experiment.problem import Finding, Problem, Rule
from kfp_katib.experiment.schema import is_job
from kfp_katib.trial.metrics import COLLECTORS
from kfp_katib.trial.template import any_container

RULE = Rule("not-on-this-machine", "The local engine does not run it.")
_SETTINGS = "spec.algorithm.algorithmSettings"


def refusals(experiment: Experiment) -> list[Problem]:
    """What this engine refuses in a valid manifest."""
    found = [
        *_only_on_katib(experiment),
        *_refused_by_skopt(experiment.algorithm),
        *_beyond_floats(experiment),
    ]
    return [RULE.problem(finding) for finding in found or _without_a_container(experiment)]


def _only_on_katib(experiment: Experiment) -> Iterator[Finding]:
    collector, spec = experiment.collector, experiment.trial_template.spec
    if not experiment.parameters and not experiment.nas:
        here = "searches spec.parameters. Give those"
        yield _only("spec.nasConfig", "neural architecture search", here)
    if collector.kind not in COLLECTORS:
        here = f"has {', '.join(COLLECTORS)}. Take one of these"
        yield _only("spec.metricsCollectorSpec.collector.kind", repr(collector.kind), here)
    if spec and not is_job(spec):
        here = "runs a Job of batch/v1. Write the trial as one"
        kind = f"{spec.get('kind')} of {spec.get('apiVersion')!r}"
        yield _only("spec.trialTemplate.trialSpec", kind, here)


def _only(path: str, value: str, here: str) -> Finding:
    what, _, instead = here.partition(". ")
    return Finding(
        path, f"{value} runs on Katib only; the local engine {what}.", f"{instead}, or {_on_katib()}.", value
    )


def _without_a_container(experiment: Experiment) -> Iterator[Finding]:
    try:
        any_container(experiment)
    except InputError as error:
        said = str(error).removeprefix(f"Experiment '{experiment.name}': ")
        yield Finding("spec.trialTemplate", said, "")


def _refused_by_skopt(algorithm: Algorithm) -> Iterator[Finding]:
    """What scikit-optimize cannot do here.

    GBRT: scikit-optimize 0.10.2 refuses its own estimator under scikit-learn 1.7, and calls `numpy.in1d`,
    which numpy 2.4 no longer has. Its development has ended (katib#2280).
    """
    estimator = algorithm.settings.get("base_estimator")
    if algorithm.name == "bayesianoptimization" and estimator == "GBRT":
        what = "base_estimator 'GBRT' does not work in scikit-optimize with today's numpy; the local engine"
        fix = f"Take one of these, or {_on_katib()}."
        yield Finding(_SETTINGS, f"{what} has GP, RF and ET.", fix, estimator)


def _beyond_floats(experiment: Experiment) -> Iterator[Finding]:
    """Ranges in which floating-point numbers overflow, or cannot be told apart."""
    resource = experiment.algorithm.settings.get("resource_name")  # hyperband's, whose range means nothing
    for place, parameter in enumerate(experiment.parameters):
        dim = dimension(parameter, experiment.algorithm.name)
        if dim.name != resource and isinstance(dim, Numbers) and not _is_reckoned(dim):
            said = in_words(parameter.space)
            message = f"The range of {dim.name!r} ({said}) is beyond what floating-point numbers tell apart."
            yield Finding(f"spec.parameters[{place}].feasibleSpace", message, "Give another range.", said)


def _is_reckoned(dim: Numbers) -> bool:
    try:
        numbers = [float(dim.text(dim.at(unit))) for unit in (0.0, 0.5, 1.0)]
        return all(map(math.isfinite, [dim.span, *numbers]))
    except (ArithmeticError, ValueError):
        return False


def _on_katib() -> str:
    return f"run it with {argument('engine', 'katib')}"
