# SPDX-License-Identifier: Apache-2.0
"""How a value gets into a trial: search parameter, trialParameter's reference, `${trialParameters.<name>}`.

A misspelt name breaks one of the two links, and both its ends would complain: the end that Katib's webhook
refuses does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kfp_katib.experiment.choices import closest
from kfp_katib.experiment.placeholders import META, META_NAMES, META_TABLES, meta
from kfp_katib.experiment.plain import leaves
from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.paths import part
from kfp_katib.experiment.rules.rule import again, error, refused, row, rule
from kfp_katib.experiment.rules.services import ARCHITECTURE
from kfp_katib.experiment.rules.view import TEMPLATE, TRIAL_SPEC, View

_WORD = r"\s*(?:trialParameters?|trial_parameters?|trialparameters?)[.\s]"
_NEARLY = re.compile(rf"\$\{{\{{{_WORD}[^$}}]*\}}\}}|\$\{{{_WORD}[^$}}]*\}}|\$\(\{{?{_WORD}[^$}})]*\}}?\)")
_NEARLY_USED = r"\$?(?:\{{{{?|\({{?)\s*(?:\w{{1,20}}\.)?{0}\s*(?:\}}}}?|\}}?\))"
"""What someone may have written for a placeholder: `${{lr}}`, `$(lr)`, `{{{{trialParameters.lr}}}}`."""
_LISTED = 20


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


@rule("trial-parameters-missing", webhook=True)
def trial_parameters_missing(view: View) -> Iterator[Finding]:
    """There are no trialParameters; an empty list is none to Katib, whose defaulter drops it."""
    if view.template and not view.trial_parameters:
        first = next((name for _, name in view.parameter_names if name), "lr")
        fix = f"Add one for each search parameter, such as {_declared(first)}."
        yield Finding(f"{TEMPLATE}.trialParameters", "There are no trialParameters.", fix)


@rule("trial-parameter-repeated", webhook=True)
def trial_parameter_repeated(view: View) -> Iterator[Finding]:
    """Two trialParameters have one name, or one reference."""
    for field, given in (("name", view.trial_parameter_names), ("reference", view.references)):
        for path, text in again(given):
            yield Finding(path, f"The {field} '{text}' stands there twice.", "Keep one.", text)


@rule("reference-unknown", webhook=True)
def reference_unknown(view: View) -> Iterator[Finding]:
    """A trialParameter refers to no search parameter."""
    names = list(dict.fromkeys(name for _, name in view.parameter_names))
    for path, reference in view.unknown_references if names and all(names) else ():
        close = view.meant_parameters.get(reference) or closest(reference, names)
        fix = f"Did you mean '{close}'?" if close else f"Write one of {', '.join(names[:_LISTED])}."
        yield Finding(path, f"There is no parameter '{reference}'.", fix, reference)


@rule("reference-not-in-metadata")
def reference_not_in_metadata(view: View) -> Iterator[Finding]:
    """A reference to a label or annotation that the template's own metadata lack: no trial can start."""
    for path, reference in view.references:
        table, key = meta(reference) or ("", "")
        if table not in META_TABLES or not view.trial_spec:
            continue
        kind = table.lower()
        if key not in part(view.trial_spec, "metadata", kind):
            message = f"The template's metadata have no {kind.removesuffix('s')} '{key}'."
            yield Finding(path, message, f"Add it under trialSpec.metadata.{kind}.", key)


@rule("trial-parameter-unused", webhook=True)
def trial_parameter_unused(view: View) -> Iterator[Finding]:
    """The template never uses a trialParameter."""
    unused = view.unused_trial_parameters
    if len(unused) == len(view.trial_parameters) > 1 and not view.undeclared_placeholders:
        first = unused[0][1]
        message = f"The template uses none of them, neither ${{trialParameters.{first}}} nor any other."
        fix = f"Write each where its value belongs, such as --{first}=${{trialParameters.{first}}} in args."
        yield Finding(f"{TEMPLATE}.trialParameters", message, fix)
        return
    meant = set(view.meant_trial_parameters.values())
    for path, name in unused:
        if name not in meant:
            placeholder = f"${{trialParameters.{name}}}"
            message = f"{placeholder} stands nowhere in the template."
            near = re.search(_NEARLY_USED.format(re.escape(name)), view.trial_text)
            fix = f"Write {placeholder} for {near[0]}." if near else "Use it, or remove it."
            yield Finding(path, message, fix)


@rule("placeholder-undeclared", webhook=True)
def placeholder_undeclared(view: View) -> Iterator[Finding]:
    """The template uses a placeholder that no trialParameter declares."""
    names = [name for _, name in view.trial_parameter_names]
    for name in view.undeclared_placeholders if names and all(names) else ():
        close = view.meant_trial_parameters.get(name) or closest(name, names)
        add = _declared(name, view.undeclared_parameters.get(name, name))
        fix = f"Did you mean '{close}'?" if close else f"Add {add} to trialParameters."
        placeholder = f"${{trialParameters.{name}}}"
        yield Finding(_place(view, placeholder), f"No trialParameter declares {placeholder}.", fix, name)


@rule("parameter-not-consumed")
def parameter_not_consumed(view: View) -> Iterator[Finding]:
    """No trialParameter refers to a search parameter: Katib then creates no trial, and never says so."""
    complete = view.references and all(reference for _, reference in view.references)
    reported = {*view.meant_parameters.values(), *view.undeclared_parameters.values()}
    for path, name in view.unconsumed_parameters if complete else ():
        if name not in reported:
            use = f"${{trialParameters.{name}}}"
            fix = f"Add {_declared(name)} to trialParameters and use {use}, or remove the parameter."
            yield Finding(path, f"No trialParameter refers to '{name}'.", fix, name)


@rule("architecture-not-consumed")
def architecture_not_consumed(view: View) -> Iterator[Finding]:
    """`enas` and darts assign fixed names; each needs its trialParameter or no trial starts."""
    references = [reference for _, reference in view.references]
    complete = references and all(references)
    lost = [name for name in ARCHITECTURE.get(view.algorithm, ()) if name not in references]
    if view.template and complete and lost:
        message = f"No trialParameter refers to {' or '.join(map(repr, lost))}."
        yield Finding(f"{TEMPLATE}.trialParameters", message, f"{view.algorithm} needs it: add it.", lost)


@rule("meta-placeholder-in-template")
def meta_placeholder_in_template(view: View) -> Iterator[Finding]:
    """`${trialSpec...}` stands in the template itself, where Katib leaves it as it is."""
    for text in dict.fromkeys(re.findall(r"\$\{trialSpec\.[^$}]*\}", view.trial_text)):
        fix = f"Declare a trialParameter with the reference {text}, and use that."
        yield Finding(_place(view, text), f"{text} is replaced in references only.", fix, text)


@rule("placeholder-misspelt", severity="warning")
def placeholder_misspelt(view: View) -> Iterator[Finding]:
    """Something in the template looks like a placeholder, but Katib will not replace it."""
    for text in dict.fromkeys(match[0] for match in _NEARLY.finditer(view.trial_text)):
        if not re.fullmatch(r"\$\{trialParameters\.[^}]+\}", text):
            fix = "Write ${trialParameters.<name>}."
            yield Finding(_place(view, text), f"Katib does not replace {text}.", fix, text)


def _declared(name: str, reference: str = "") -> str:
    """The trialParameter to write."""
    return f"{{name: {name}, reference: {reference or name}}}"


def _place(view: View, text: str) -> str:
    """The first field of the template whose value holds the text; the template where a key does."""
    paths = (path for path, value in leaves(view.trial_spec) if isinstance(value, str) and text in value)
    return ".".join([TRIAL_SPEC, *([path] if (path := next(paths, "")) else [])])
