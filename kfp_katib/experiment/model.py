# SPDX-License-Identifier: Apache-2.0
"""The typed, frozen Experiment that both engines take."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kfp_katib.errors import ManifestError
from kfp_katib.experiment import building, fields, plain, source
from kfp_katib.experiment.go_yaml import dump
from kfp_katib.experiment.judging import judged
from kfp_katib.experiment.parts import (
    OURS,
    Algorithm,
    Change,
    Collector,
    Distribution,
    FeasibleSpace,
    Manifest,
    NasConfig,
    Objective,
    Parameter,
    ParameterType,
    Strategy,
    TrialParameter,
    TrialTemplate,
    canonical,
    experiment_name,
)
from kfp_katib.experiment.problem import Origin, Problem
from kfp_katib.experiment.source import Source

if TYPE_CHECKING:
    from kubeflow_katib_api.models import V1beta1Experiment  # type: ignore[import-untyped]

__all__ = [
    "OURS",
    "Algorithm",
    "Collector",
    "Distribution",
    "Experiment",
    "FeasibleSpace",
    "Manifest",
    "Objective",
    "Parameter",
    "ParameterType",
    "Strategy",
    "TrialParameter",
    "TrialTemplate",
    "build",
    "canonical",
    "experiment_name",
    "to_yaml",
]

_MOST = 8


@dataclass(frozen=True, slots=True)
class Experiment:
    """A Katib Experiment without errors.

    `parameters` is empty for neural architecture search, which has `nas`. `warnings` holds what is legal but
    likely wrong, `engine_problems` what concerns one engine alone. `manifest_json` is the manifest as given,
    as canonical JSON: fields we have no type for stay in it.
    `asked_json` is the same before `render` filled in anything, empty where it did not.
    `origin` is the text that was loaded first, in which messages name a line.
    """

    name: str
    namespace: str
    objective: Objective
    algorithm: Algorithm
    early_stopping: Algorithm | None
    parameters: tuple[Parameter, ...]
    parallel_trial_count: int
    max_trial_count: int | None
    max_failed_trial_count: int | None
    resume_policy: str
    collector: Collector
    trial_template: TrialTemplate
    manifest_json: str
    nas: NasConfig | None = None
    warnings: tuple[Problem, ...] = ()
    engine_problems: tuple[Problem, ...] = ()
    asked_json: str = field(default="", compare=False)
    origin: Origin = field(default=Origin(), compare=False, repr=False)

    @property
    def manifest(self) -> Manifest:
        """The manifest as plain, fresh data, ready to be changed or submitted."""
        data: Manifest = json.loads(self.manifest_json)
        return data

    @classmethod
    def build(
        cls,
        *,
        name: str,
        objective: Objective,
        parameters: Mapping[str, Parameter],
        command: Sequence[str],
        max_trials: int,
        algorithm: str = "tpe",
        algorithm_settings: Mapping[str, object] | None = None,
        parallel_trials: int | None = None,
        max_failed_trials: int | None = None,
        image: str = "${pipeline.image}",
        env: Mapping[str, str] | None = None,
        resources: Mapping[str, object] | None = None,
    ) -> Experiment:
        """An Experiment from Python's own values, with the words of `kfp_katib.search`.

        In `command` and `env`, `{lr}` stands for the value of the parameter `lr`, as `${trialParameters.lr}`
        does in a manifest, and `{trial}` for the trial's name. To a command that names no parameter
        `--lr=VALUE` is appended for each. A line that only a shell understands is `["sh", "-c", line]`.

        Args:
            name: The Experiment's name: lower-case letters, digits and dashes, at most 40 characters.
            objective: Such as `search.minimize("loss")`, of a metric that each trial prints as `name=value`.
            parameters: The search space by name, such as `{"lr": search.double(1e-4, 1e-1, log=True)}`.
            command: The program and its arguments, as a list.
            max_trials: How many trials complete before the search ends.
            algorithm: Katib's name of the algorithm.
            algorithm_settings: Its settings by their names, such as `{"random_state": 7}`.
            parallel_trials: How many trials run at a time; None for 3, or fewer if there are fewer.
            max_failed_trials: With how many failed trials the search fails; None for all of them.
            image: The trials' image in a cluster; by default what `run` is told.
            env: Variables of the trials' environment.
            resources: What a trial may use in a cluster: `{"cpu": 2, "memory": "4Gi", "nvidia.com/gpu": 1}`.

        Returns:
            The Experiment; `to_yaml` writes its manifest. What has no argument here (early stopping, volumes,
            other collectors) can be added to `manifest`, which `load` takes.

        Raises:
            InputError: An argument is of a kind that cannot be meant, or the command leaves out a parameter.
            ManifestError: The manifest that it comes to has errors; it carries all of them.
        """
        data = building.manifest(
            name=name,
            objective=objective,
            parameters=parameters,
            command=command,
            algorithm=algorithm,
            algorithm_settings=algorithm_settings or {},
            max_trials=max_trials,
            parallel_trials=parallel_trials,
            max_failed_trials=max_failed_trials,
            image=image,
            env=env or {},
            resources=resources or {},
        )
        return checked(f"Experiment.build(name={name!r})", data)

    def to_katib(self) -> V1beta1Experiment:
        """The same as kubeflow_katib_api's V1beta1Experiment, for Kubeflow's own tools.

        It takes two seconds the first time. A field that Katib does not have is left out.

        Raises:
            pydantic.ValidationError: A field has a value that Katib's own type refuses.
        """
        from kubeflow_katib_api.models import V1beta1Experiment

        return V1beta1Experiment.from_dict(self.manifest)

    def __repr__(self) -> str:
        """`<Experiment tune: minimize loss by tpe over lr, batch_size, 12 trials, 3 at a time>`."""
        names = ", ".join(parameter.name for parameter in self.parameters[:_MOST])
        over = f" over {names}{', …' if len(self.parameters) > _MOST else ''}" if names else ""
        trials = "unlimited" if self.max_trial_count is None else str(self.max_trial_count)
        return (
            f"<Experiment {self.name}: {self.objective.type} {self.objective.metric} by "
            f"{self.algorithm.name}{over}, {trials} trials, {self.parallel_trial_count} at a time>"
        )


def checked(
    label: str, manifest: Source, change: Change | None = None, origin: Origin | None = None
) -> Experiment:
    """The Experiment of a manifest that has no errors.

    Args:
        label: What messages call it.
        manifest: What it is read from.
        change: A change to it before the check.
        origin: The text that messages name a line of, if that is another one.

    Raises:
        ManifestError: It has errors; it carries all of them.
    """
    remarks: list[Problem] = []
    try:
        read = source.read_from(manifest, remarks)
        if change:
            label = f"{label} after overrides"
            change(read.data)
            read = read._replace(data=plain.plain(read.data))
    except plain.UnreadableError as err:
        raise ManifestError(label, (err.problem,)) from err
    full, problems = judged(read.data, remarks, origin := origin or read.origin)
    errors = tuple(each for each in problems if each.severity == "error" and not each.engine)
    if errors:
        raise ManifestError(label, errors, problems)
    return build(read.data, full, problems, origin)


def to_yaml(experiment: Experiment) -> str:
    """An Experiment as YAML that reads well and can be pasted into Katib's dashboard.

    Block style, keys in Kubernetes' usual order; equal Experiments give equal text.
    """
    return dump(experiment.manifest)


def build(
    data: Mapping[str, Any], full: Mapping[str, Any], problems: tuple[Problem, ...], origin: Origin
) -> Experiment:
    """The typed Experiment.

    Args:
        data: The manifest as given, plain.
        full: The same after `with_defaults`; it must have no errors.
        problems: What was found in it.
        origin: Where it was read from.
    """
    metadata, spec = full["metadata"], full["spec"]
    return Experiment(
        name=experiment_name(metadata),
        namespace=metadata.get("namespace", ""),
        objective=fields.objective(spec, data["spec"]),
        algorithm=fields.algorithm(spec["algorithm"]),
        early_stopping=fields.algorithm(spec["earlyStopping"]) if "earlyStopping" in spec else None,
        parameters=tuple(map(fields.parameter, spec.get("parameters", []))),
        parallel_trial_count=spec["parallelTrialCount"],
        max_trial_count=spec.get("maxTrialCount"),
        max_failed_trial_count=spec.get("maxFailedTrialCount"),
        resume_policy=spec["resumePolicy"],
        collector=fields.collector(spec["metricsCollectorSpec"]),
        trial_template=fields.template(spec["trialTemplate"]),
        manifest_json=canonical(data),
        nas=fields.nas_config(spec["nasConfig"]) if "nasConfig" in spec else None,
        warnings=tuple(each for each in problems if not each.engine),
        engine_problems=tuple(each for each in problems if each.engine),
        origin=origin,
    )
