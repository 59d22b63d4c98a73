# SPDX-License-Identifier: Apache-2.0
"""Check that a manifest's fields are Katib's and have Katib's types.

Katib silently ignores an unknown field of its own spec and refuses one inside a Kubernetes Job. We report
both, the first as an error only where it looks like a mistake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from kfp_katib.experiment import conversion, fitting
from kfp_katib.experiment.choices import closest
from kfp_katib.experiment.fitting import Fit
from kfp_katib.experiment.problem import Finding, Problem, Rule
from kfp_katib.experiment.schema import ObjectType, is_job

NOT_AN_EXPERIMENT = Rule("not-an-experiment", "apiVersion or kind is not that of a Katib Experiment.")
SPEC_MISSING = Rule("spec-missing", "There is no spec: the manifest describes no search.", webhook=True)
UNKNOWN_FIELD = Rule("unknown-field", "Katib has no such field there; its name or its indentation is wrong.")
IGNORED_FIELD = Rule("field-ignored", "Katib has no such field; it keeps and ignores it.", severity="warning")
WRONG_TYPE = Rule("wrong-type", "A field has the wrong type.", webhook=True)
JOB_UNKNOWN_FIELD = Rule("job-unknown-field", "A Kubernetes Job has no such field.", webhook=True)
JOB_WRONG_TYPE = Rule("job-wrong-type", "A field of the Kubernetes Job has the wrong type.", webhook=True)
JOB_FIELD_MISSING = Rule(
    "job-field-missing", "Kubernetes refuses the Job without this field: no trial starts."
)

RULES = (
    *(item for item in vars().values() if isinstance(item, Rule)),
    *(fitting.NULL_ITEM, *conversion.RULES),
)

API_VERSION = "kubeflow.org/v1beta1"
_KIND = "Experiment"
_OLDER = "kubeflow.org/v1alpha"
TRIAL_SPEC = "spec.trialTemplate.trialSpec"


@dataclass(frozen=True, slots=True)
class Structure:
    """What is left of a manifest once its structure is checked.

    Attributes:
        manifest: A copy in which every known field has its type.
        problems: What was wrong.
        lost: Paths of values that had to be left out.
    """

    manifest: Mapping[str, Any]
    problems: tuple[Problem, ...]
    lost: tuple[str, ...]


def check_structure(data: Mapping[str, Any]) -> Structure:
    """Compare the manifest's fields and types with those of Katib and, inside a Job, of Kubernetes."""
    fit = Fit(UNKNOWN_FIELD, WRONG_TYPE, None, IGNORED_FIELD)
    manifest = cast("dict[str, Any]", fit.value(data, "Experiment", ""))
    if problem := _of_another_kind(manifest):
        return Structure({}, (problem,), ("metadata", "spec"))
    fit.problems[:0] = _kind_problems(manifest)
    if not manifest.get("spec") and "spec" not in fit.lost:
        fix = "Add it, with objective, algorithm, parameters and trialTemplate."
        fit.problems.append(SPEC_MISSING.problem(Finding("spec", "There is no spec.", fix)))
        fit.lost.append("spec")
    template = manifest.get("spec", {}).get("trialTemplate", {})
    job = template.get("trialSpec")
    if isinstance(job, dict) and is_job(job):
        inner = Fit(JOB_UNKNOWN_FIELD, JOB_WRONG_TYPE, JOB_FIELD_MISSING)
        template["trialSpec"] = inner.value(job, "Job", TRIAL_SPEC)
        fit.problems += inner.problems
        fit.lost += inner.lost
    return Structure(manifest, tuple(fit.problems), tuple(fit.lost))


def _of_another_kind(manifest: Mapping[str, Any]) -> Problem | None:
    """The only thing to say about a manifest of something else."""
    kind, version = manifest.get("kind"), manifest.get("apiVersion")
    if isinstance(version, str) and version.startswith(_OLDER):
        message = f"apiVersion is {version!r}, that of a Katib before 0.10."
        fix = f"Write {API_VERSION}, and the trial's template as trialSpec and trialParameters."
        return NOT_AN_EXPERIMENT.problem(Finding("apiVersion", message, fix, version))
    if not kind or closest(kind, [_KIND]):
        return None
    fixes = dict.fromkeys(("Trial", "Suggestion"), "Katib makes it for an Experiment: give that one.")
    fix = {**fixes, "List": "Take the Experiment out of its items."}.get(kind, f"Give one of kind {_KIND}.")
    return NOT_AN_EXPERIMENT.problem(Finding("kind", f"It is the manifest of a {kind}.", fix, kind))


def _kind_problems(manifest: Mapping[str, Any]) -> list[Problem]:
    """What is missing in one finding, and what is wrong."""
    wanted = {"apiVersion": API_VERSION, "kind": _KIND}
    lost = [name for name in wanted if manifest.get(name) is None]
    found = [
        Finding(name, f"{name} is {manifest[name]!r}.", f"Write `{name}: {value}`.", manifest[name])
        for name, value in wanted.items()
        if name not in lost and manifest[name] != value
    ]
    if lost:
        lines = " and ".join(f"`{name}: {wanted[name]}`" for name in lost)
        message = f"{' and '.join(lost)} {'is' if len(lost) == 1 else 'are'} missing."
        found.append(Finding(lost[0], message, f"Begin the manifest with {lines}."))
    return [NOT_AN_EXPERIMENT.problem(each) for each in found]


def check_fields(data: object, known: ObjectType, path: str) -> tuple[Problem, ...]:
    """The problems of one object: fields that are unknown or have the wrong type."""
    fit = Fit(UNKNOWN_FIELD, WRONG_TYPE, None)
    fit.fields(data, known, path)
    return tuple(fit.problems)
