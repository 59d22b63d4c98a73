# SPDX-License-Identifier: Apache-2.0
"""The trial template: its kind, what Katib adds to it, and how a search parameter's value gets into it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kfp_katib.experiment.choices import closest
from kfp_katib.experiment.placeholders import META, META_NAMES, META_TABLES, OPTIONS, meta, suggestion, used
from kfp_katib.experiment.pods import REPLICAS, TRAINING_API_VERSION
from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.rule import again, error, refused, row, rule
from kfp_katib.experiment.rules.view import TEMPLATE, TRIAL_SPEC, View, part
from kfp_katib.experiment.schema import JOB

_TRAIN_JOB = ("trainer.kubeflow.org/v1alpha1", "TrainJob")
_SHIPPED = {JOB, _TRAIN_JOB, *((TRAINING_API_VERSION, kind) for kind in REPLICAS)}
_VERSIONS = {kind: version for version, kind in _SHIPPED}
_API_VERSION = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?v[0-9]+((alpha|beta)[0-9]+)?")
_OTHERS = {
    ("kubeflow.org/v1alpha1", "MPIJob"),
    ("kubeflow.org/v1alpha2", "MPIJob"),
    ("kubeflow.org/v2beta1", "MPIJob"),
}
"""Versions of a known kind that a separate operator has or had."""
_ASSIGNED = {
    "enas": ("architecture", "nn_config"),
    "darts": ("algorithm-settings", "search-space", "num-layers"),
}
"""The names that a search for architectures assigns."""
_WORD = r"\s*(?:trialParameters?|trial_parameters?|trialparameters?)[.\s]"
_NEARLY = re.compile(rf"\$\{{\{{{_WORD}[^$}}]*\}}\}}|\$\{{{_WORD}[^$}}]*\}}|\$\(\{{?{_WORD}[^$}})]*\}}?\)")


def _inexact(reference: str | None) -> object:
    key, index = meta(reference or "") or ("", "")
    return key and (not META.fullmatch(reference or "") or (index and key in META_NAMES))


# fmt: off
ROWS = (
    row(refused("trial-parameter-incomplete",
        "A trialParameter lacks its name or reference, or has a brace in its name."),
        "spec.trialTemplate.trialParameters[]", "",
        lambda it: not it.get("name") or not it.get("reference") or set(it["name"]) & set("{}"),
        "The trialParameter is {value}.", "Give a name without braces, and a reference."),
    row(error("reference-inexact",
        "Text around the trial's own data in a reference: Katib accepts it and drops the text."),
        "spec.trialTemplate.trialParameters[]", "reference", _inexact, "The reference is '{value}'.",
        "Write the placeholder alone; put the text around it into the template."),
)
# fmt: on


@rule("conditions-missing", webhook=True)
def conditions_missing(view: View) -> Iterator[Finding]:
    """Katib cannot tell when a trial of this kind is done."""
    for name in ("successCondition", "failureCondition"):
        has_source = "trialSpec" in view.template or "configMap" in view.template
        if has_source and not view.template.get(name):
            kind = view.kind[1] or "a template in a ConfigMap"
            message = f"{name} is missing, and Katib has no default for {kind}."
            yield Finding(f"{TEMPLATE}.{name}", message, "Write a GJSON expression on the object's status.")


@rule("primary-container-unknown")
def primary_container_unknown(view: View) -> Iterator[Finding]:
    """No container has the name primaryContainerName; every trial would stay Running for ever."""
    name = view.template.get("primaryContainerName")
    names = sorted({str(container.get("name")) for _, container in view.containers})
    if name and names and not view.primaries:
        fix = f"Write {' or '.join(names)}."
        yield Finding(f"{TEMPLATE}.primaryContainerName", f"There is no container '{name}'.", fix, name)


@rule("container-beside", severity="warning")
def container_beside(view: View) -> Iterator[Finding]:
    """Katib reads metrics when every process of the pod has ended, those of other containers too."""
    training = {path.rpartition("[")[0] for path, _ in view.primaries}
    for path, container in view.containers:
        name = container.get("name")
        if path.rpartition("[")[0] in training and name != view.template.get("primaryContainerName"):
            fix = "Make sure that it ends with the training, or make it an init container."
            yield Finding(path, f"The container '{name}' runs beside the training.", fix, name)


@rule("api-version-invalid")
def api_version_invalid(view: View) -> Iterator[Finding]:
    """The template's apiVersion is that of no kind, or not that of its kind: no trial can be created."""
    api_version, kind = view.kind
    right = _right_version(api_version, kind)
    if api_version and kind and (right or not _API_VERSION.fullmatch(api_version)):
        fix = f"Write {right or JOB[0]}." if right or kind == JOB[1] else "Write it as group/version."
        message = f"The apiVersion of the {kind} is {api_version!r}."
        yield Finding(f"{TRIAL_SPEC}.apiVersion", message, fix, api_version)


@rule("kind-misspelt")
def kind_misspelt(view: View) -> Iterator[Finding]:
    """The template's kind is no kind, but spelt almost like one: no trial can be created."""
    kind = view.kind[1]
    for known in _VERSIONS:
        if kind != known and kind.lower() in (known.lower(), f"{known.lower()}s"):
            yield Finding(f"{TRIAL_SPEC}.kind", f"The kind is '{kind}'.", f"Write {known}.", kind)


@rule("kind-not-enabled", severity="warning")
def kind_not_enabled(view: View) -> Iterator[Finding]:
    """Katib's shipped configuration does not watch trials of this kind; an administrator must add it."""
    api_version, kind = view.kind
    if not api_version or not kind or view.kind in _SHIPPED:
        return
    if not [*api_version_invalid.find(view), *kind_misspelt.find(view)]:
        message = f"Trials of kind {kind} ({api_version}) are not in Katib's shipped configuration."
        yield Finding(f"{TRIAL_SPEC}.kind", message, "Add it to trialResources in katib-config.", kind)


def _right_version(api_version: str, kind: str) -> str:
    """The right version of a known kind if the given one is another of its group, or of no real group.

    A group with a domain may have its own kind of the same name.
    """
    right = _VERSIONS.get(kind, "")
    group = api_version.rpartition("/")[0]
    ours = "." not in group or group in ("kubeflow.org", right.rpartition("/")[0])
    later = kind == _TRAIN_JOB[1] and group == right.rpartition("/")[0]  # the operator's next version
    return right if ours and not later and api_version != right and (api_version, kind) not in _OTHERS else ""


@rule("trial-parameter-repeated", webhook=True)
def trial_parameter_repeated(view: View) -> Iterator[Finding]:
    """Two trialParameters have one name, or one reference."""
    for field in ("name", "reference"):
        given = [(f"{path}.{field}", each.get(field, "")) for path, each in view.trial_parameters]
        for path, text in again(given):
            yield Finding(path, f"The {field} '{text}' stands there twice.", "Keep one.", text)


@rule("reference-unknown", webhook=True)
def reference_unknown(view: View) -> Iterator[Finding]:
    """A trialParameter refers to no search parameter."""
    names = list(dict.fromkeys(str(parameter.get("name", "")) for _, parameter in view.parameters))
    known = set(names)
    for path, parameter in view.trial_parameters:
        reference = parameter.get("reference", "")
        if names and reference and reference not in known and not meta(reference):
            close = closest(reference, names)
            fix = f"Did you mean '{close}'?" if close else f"Write one of {', '.join(names[:20])}."
            yield Finding(f"{path}.reference", f"There is no parameter '{reference}'.", fix, reference)


@rule("reference-not-in-metadata")
def reference_not_in_metadata(view: View) -> Iterator[Finding]:
    """A reference to a label or annotation that the template's own metadata lack: no trial can start."""
    for path, parameter in view.trial_parameters:
        table, key = meta(parameter.get("reference", "")) or ("", "")
        if table not in META_TABLES or not view.trial_spec:
            continue
        kind = table.lower()
        if key not in part(view.trial_spec, "metadata", kind):
            message = f"The template's metadata have no {kind.removesuffix('s')} '{key}'."
            yield Finding(f"{path}.reference", message, f"Add it under trialSpec.metadata.{kind}.", key)


@rule("trial-parameter-unused", webhook=True)
def trial_parameter_unused(view: View) -> Iterator[Finding]:
    """The template never uses a trialParameter."""
    for path, parameter in view.trial_parameters:
        placeholder = f"${{trialParameters.{parameter.get('name', '')}}}"
        if view.trial_spec and parameter.get("name") and placeholder not in view.trial_text:
            message = f"{placeholder} stands nowhere in the template."
            yield Finding(f"{path}.name", message, "Use it, or remove it.")


@rule("placeholder-undeclared", webhook=True)
def placeholder_undeclared(view: View) -> Iterator[Finding]:
    """The template uses a placeholder that no trialParameter declares."""
    names = dict.fromkeys(str(parameter.get("name", "")) for _, parameter in view.trial_parameters)
    for name in dict.fromkeys(re.findall(r"\$\{trialParameters\.(.+?)\}", view.trial_text)):
        if name not in names:
            close = closest(name, names)
            fix = f"Did you mean '{close}'?" if close else "Add a trialParameter of this name."
            yield Finding(TRIAL_SPEC, f"No trialParameter declares ${{trialParameters.{name}}}.", fix, name)


@rule("parameter-not-consumed")
def parameter_not_consumed(view: View) -> Iterator[Finding]:
    """No trialParameter refers to a search parameter: Katib then creates no trial, and never says so."""
    references = {parameter.get("reference") for _, parameter in view.trial_parameters}
    for path, parameter in view.parameters:
        name = parameter.get("name", "")
        if name and view.template and name not in references:
            message = f"No trialParameter refers to '{name}'."
            fix = "Add one and use it in the template, or remove the parameter."
            yield Finding(f"{path}.name", message, fix, name)


@rule("meta-placeholder-in-template")
def meta_placeholder_in_template(view: View) -> Iterator[Finding]:
    """`${trialSpec...}` stands in the template itself, where Katib leaves it as it is."""
    for text in dict.fromkeys(re.findall(r"\$\{trialSpec\.[^$}]*\}", view.trial_text)):
        fix = f"Declare a trialParameter with the reference {text}, and use that."
        yield Finding(TRIAL_SPEC, f"{text} is replaced in references only.", fix, text)


@rule("placeholder-misspelt", severity="warning")
def placeholder_misspelt(view: View) -> Iterator[Finding]:
    """Something in the template looks like a placeholder, but Katib will not replace it."""
    for text in dict.fromkeys(match[0] for match in _NEARLY.finditer(view.trial_text)):
        if not re.fullmatch(r"\$\{trialParameters\.[^}]+\}", text):
            fix = "Write ${trialParameters.<name>}."
            yield Finding(TRIAL_SPEC, f"Katib does not replace {text}.", fix, text)


@rule("pipeline-placeholder-unknown")
def pipeline_placeholder_unknown(view: View) -> Iterator[Finding]:
    """There is no such `${pipeline...}` placeholder."""
    for name, path in used(view.manifest).items():
        if name not in OPTIONS:
            yield Finding(path, f"There is no ${{pipeline.{name}}}.", suggestion(name), name)


@rule("architecture-not-consumed")
def architecture_not_consumed(view: View) -> Iterator[Finding]:
    """`enas` and darts assign fixed names; each needs its trialParameter or no trial starts."""
    references = {parameter.get("reference") for _, parameter in view.trial_parameters}
    for name in _ASSIGNED.get(view.algorithm, ()) if view.template else ():
        if name not in references:
            message, fix = f"No trialParameter refers to '{name}'.", f"{view.algorithm} needs it: add one."
            yield Finding(f"{TEMPLATE}.trialParameters", message, fix, name)
