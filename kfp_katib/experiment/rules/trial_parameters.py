# SPDX-License-Identifier: Apache-2.0
"""Trial parameters: the thread from a search parameter through a placeholder into the template."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kfp_katib.experiment.choices import closest
from kfp_katib.experiment.placeholders import META, META_NAMES, META_TABLES, OPTIONS, meta, suggestion, used
from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.repeats import again
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.settings import ARCHITECTURE
from kfp_katib.experiment.rules.view import TEMPLATE, TRIAL_SPEC, View, part

_PATH = f"{TEMPLATE}.trialParameters"
_WORD = r"\s*(?:trialParameters?|trial_parameters?|trialparameters?)[.\s]"
_NEARLY = re.compile(rf"\$\{{\{{{_WORD}[^$}}]*\}}\}}|\$\{{{_WORD}[^$}}]*\}}|\$\(\{{?{_WORD}[^$}})]*\}}?\)")


@rule("trial-parameters-missing", webhook=True)
def trial_parameters_missing(view: View) -> Iterator[Finding]:
    """There are no trialParameters; an empty list is none to Katib, whose defaulter drops it."""
    if view.template and not view.trial_parameters:
        yield Finding(_PATH, "There are no trialParameters.", "Add one for each search parameter.")


@rule("trial-parameter-incomplete", webhook=True)
def trial_parameter_incomplete(view: View) -> Iterator[Finding]:
    """A trialParameter lacks its name or reference, or has a brace in its name."""
    for path, parameter in view.trial_parameters:
        name = parameter.get("name", "")
        if not name or not parameter.get("reference") or "{" in name or "}" in name:
            fix = "Give a name without braces, and a reference."
            yield Finding(path, f"The trialParameter is {dict(parameter)}.", fix, name)


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


@rule("reference-inexact")
def reference_inexact(view: View) -> Iterator[Finding]:
    """Text around the trial's own data in a reference: Katib accepts it and drops the text."""
    for path, parameter in view.trial_parameters:
        reference = parameter.get("reference", "")
        key, index = meta(reference) or ("", "")
        if key and (not META.fullmatch(reference) or (index and key in META_NAMES)):
            fix = "Write the placeholder alone; put the text around it into the template."
            yield Finding(f"{path}.reference", f"The reference is '{reference}'.", fix, reference)


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
            yield Finding(
                f"{path}.name", f"{placeholder} stands nowhere in the template.", "Use it, or remove it."
            )


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
            yield Finding(
                f"{path}.name", message, "Add one and use it in the template, or remove the parameter.", name
            )


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
            yield Finding(
                TRIAL_SPEC, f"Katib does not replace {text}.", "Write ${trialParameters.<name>}.", text
            )


@rule("pipeline-placeholder-unknown")
def pipeline_placeholder_unknown(view: View) -> Iterator[Finding]:
    """There is no such `${pipeline...}` placeholder."""
    for name, path in used(view.manifest).items():
        if name not in OPTIONS:
            yield Finding(path, f"There is no ${{pipeline.{name}}}.", suggestion(name), name)


@rule("architecture-not-consumed")
def architecture_not_consumed(view: View) -> Iterator[Finding]:
    """`enas` and darts assign fixed names; each needs its trialParameter or no trial starts."""
    wanted = {
        "enas": ("architecture", "nn_config"),
        "darts": ("algorithm-settings", "search-space", "num-layers"),
    }.get(view.algorithm, ())
    references = {parameter.get("reference") for _, parameter in view.trial_parameters}
    for name in wanted:
        if view.algorithm in ARCHITECTURE and view.template and name not in references:
            yield Finding(
                _PATH, f"No trialParameter refers to '{name}'.", f"{view.algorithm} needs it: add one.", name
            )
