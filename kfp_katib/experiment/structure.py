# SPDX-License-Identifier: Apache-2.0
"""Check that a manifest's fields are Katib's and have Katib's types.

Katib silently ignores an unknown field of its own spec and refuses one inside a Kubernetes Job. We report
both, the first as an error only where it looks like a typo. What can be understood in spite of an error (a
number where text is expected, a field misspelt by one letter) is corrected in the copy that the rules see, so
that one mistake makes one message.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from kfp_katib.experiment import conversion
from kfp_katib.experiment.choices import closest
from kfp_katib.experiment.problem import MOST_FINDINGS, Finding, Problem, Rule
from kfp_katib.experiment.schema import ObjectType, is_job, object_types

NOT_AN_EXPERIMENT = Rule("not-an-experiment", "apiVersion or kind is not that of a Katib Experiment.")
UNKNOWN_FIELD = Rule("unknown-field", "Katib has no such field, but one with almost the same name.")
IGNORED_FIELD = Rule("field-ignored", "Katib has no such field; it keeps and ignores it.", severity="warning")
WRONG_TYPE = Rule("wrong-type", "A field has the wrong type.", webhook=True)
NULL_ITEM = Rule("null-item", "An item of a list or map is null, which Katib reads as empty.")
JOB_UNKNOWN_FIELD = Rule("job-unknown-field", "A Kubernetes Job has no such field.", webhook=True)
JOB_WRONG_TYPE = Rule("job-wrong-type", "A field of the Kubernetes Job has the wrong type.", webhook=True)
JOB_FIELD_MISSING = Rule(
    "job-field-missing", "Kubernetes refuses the Job without this field: no trial starts."
)

RULES = (*(item for item in vars().values() if isinstance(item, Rule)), *conversion.RULES)

API_VERSION = "kubeflow.org/v1beta1"
TRIAL_SPEC = "spec.trialTemplate.trialSpec"
_ABSENT = object()
_TYPO = 0.8
_NUMBERS = {"integer": int, "int64": int, "number": float}
_SCALARS: Mapping[str, tuple[tuple[type, ...], str, str]] = {
    "string": ((str,), "text", "Write text."),
    "boolean": ((bool,), "true or false", "Write true or false, without quotes."),
    "integer": ((int,), "an integer", "Write an integer, without quotes."),
    "int64": ((int,), "an integer", "Write an integer, without quotes."),
    "number": ((int, float), "a number", "Write a number, without quotes."),
    "quantity": ((int, float, str), "a number or text", "Write a number or text."),
    "int-or-string": ((int, float, str), "a number or text", "Write a number or text."),
}
"""For each kind of scalar: the types it accepts, what to call it, and the fix for any other."""
_COLLECTIONS: Mapping[type, str] = {dict: "a mapping", list: "a list"}
_CHOICES = (
    "Put the values into `list`: search.categorical of kubeflow-katib 0.18 and 0.19 does not (katib#2625)."
)
_INLINE = "Write the number itself: an inline template can put a placeholder into text only."


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
    fit = _Fit(UNKNOWN_FIELD, WRONG_TYPE, None, IGNORED_FIELD)
    manifest = cast("dict[str, Any]", fit.value(data, "Experiment", ""))
    fit.problems[:0] = _kind_problems(data)
    template = manifest.get("spec", {}).get("trialTemplate", {})
    job = template.get("trialSpec")
    if isinstance(job, dict) and is_job(job):
        inner = _Fit(JOB_UNKNOWN_FIELD, JOB_WRONG_TYPE, JOB_FIELD_MISSING)
        template["trialSpec"] = inner.value(job, "Job", TRIAL_SPEC)
        fit.problems += inner.problems
        fit.lost += inner.lost
    return Structure(manifest, tuple(fit.problems), tuple(fit.lost))


def _kind_problems(data: Mapping[str, Any]) -> list[Problem]:
    wanted = {"apiVersion": API_VERSION, "kind": "Experiment"}
    return [
        NOT_AN_EXPERIMENT.problem(
            Finding(name, f"{name} is {data.get(name)!r}.", f"Write `{name}: {value}`.", data.get(name))
        )
        for name, value in wanted.items()
        if data.get(name) != value
    ]


@dataclass(slots=True)
class _Fit:
    """One walk through a manifest along the table of types, collecting problems.

    `missing` is set in a Job: Kubernetes requires some of its fields, and Katib's webhook converts them all.
    """

    unknown: Rule
    wrong: Rule
    missing: Rule | None
    ignored: Rule | None = None
    problems: list[Problem] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def value(self, value: Any, kind: str, path: str) -> Any:
        """The value with its kind's type, `_ABSENT` if it cannot be converted."""
        if kind == "any":
            return value
        if kind[0] == "[":
            return self.items(value, kind[1:-1], path)
        if kind[0] == "{":
            return self.entries(value, kind[1:-1], path)
        if kind in object_types():
            return self.fields(value, object_types()[kind], path)
        return self.scalar(value, kind, path)

    def items(self, value: Any, kind: str, path: str) -> Any:
        if not isinstance(value, list):
            return self.refuse(value, "a list", "Write it as a list.", path)
        fitted = [self.item(item, kind, f"{path}[{i}]") for i, item in enumerate(value)]
        return [_empty(kind) if item is _ABSENT else item for item in fitted]  # indices must stay valid

    def item(self, value: Any, kind: str, path: str) -> Any:
        """One item of a list or map; null, which nobody means, is an empty text or object to Katib."""
        if value is not None:
            return self.value(value, kind, path)
        found = Finding(path, "The item is null.", "Give a value, or remove the item.")
        self.problems.append(NULL_ITEM.problem(found))
        self.lost.append(path)
        return _ABSENT

    def entries(self, value: Any, kind: str, path: str) -> Any:
        if not isinstance(value, dict):
            return self.refuse(value, "a mapping", "Write it as `name: value` pairs.", path)
        fitted = {key: self.item(item, kind, f"{path}.{key}") for key, item in value.items()}
        return {key: item for key, item in fitted.items() if item is not _ABSENT}

    def fields(self, value: Any, known: ObjectType, path: str) -> Any:
        if not isinstance(value, dict):
            return self.refuse(value, "a mapping", "Write its fields as `name: value` pairs.", path)
        fitted: dict[str, Any] = {}
        for key, item in value.items():
            where = f"{path}.{key}" if path else key
            name = key if key in known.fields else self.unknown_field(key, value, known, where)
            if name == key and self.missing:
                self.problems += conversion.omitted(item, name, known, where)
            if name and item is not None:  # null means absent to Kubernetes
                fitted[name] = self.value(item, known.fields[name], where)
        if self.missing:
            self.require(self.missing, known, fitted, path)
        return {name: item for name, item in fitted.items() if item is not _ABSENT}

    def unknown_field(self, key: str, value: Any, known: ObjectType, path: str) -> str | None:
        """Report the field; return the known one that was surely meant, unless that is present too."""
        meant = _meant(key, value, known) if len(self.problems) < MOST_FINDINGS else None
        listed = ", ".join(sorted(known.fields))
        fix = f"Did you mean '{meant}'?" if meant else f"Remove it; the fields here are: {listed[:300]}."
        rule = self.unknown if meant or self.ignored is None else self.ignored
        self.problems.append(rule.problem(Finding(path, f"Unknown field '{key}'.", fix, key)))
        return None if meant in value else meant

    def require(self, rule: Rule, known: ObjectType, fitted: dict[str, Any], path: str) -> None:
        for name in known.required:
            if name not in fitted:
                found = Finding(f"{path}.{name}", f"The field '{name}' is missing.", f"Add `{name}`.")
                self.problems.append(rule.problem(found))

    def scalar(self, value: Any, kind: str, path: str) -> Any:
        if self.missing:
            self.problems += conversion.rewritten(value, kind, path)
        types, wanted, fix = _SCALARS[kind]
        if isinstance(value, types) and (kind == "boolean" or not isinstance(value, bool)):
            return value
        meant = _converted(value, kind)
        if kind == "string" and meant is not _ABSENT:
            fix = f'Quote it: "{meant}".'
        elif kind in _NUMBERS and isinstance(value, str) and "${" in value:
            fix = _INLINE
        elif isinstance(value, list) and path.endswith(".feasibleSpace.distribution"):
            fix = _CHOICES
            self.lost.append(path.replace(".distribution", ".list"))  # where nothing else need be reported
        return self.refuse(value, wanted, fix, path, instead=meant)

    def refuse(self, value: Any, wanted: str, fix: str, path: str, *, instead: Any = _ABSENT) -> Any:
        shown = _COLLECTIONS.get(type(value)) or repr(value)
        found = Finding(path, f"Expected {wanted}, not {shown[:80]}.", fix, value)
        self.problems.append(self.wrong.problem(found))
        if instead is _ABSENT:
            self.lost.append(path)
        return instead


def _converted(value: Any, kind: str) -> Any:
    """What a value of the wrong type was meant to be, `_ABSENT` if that is unclear."""
    if kind == "string" and not isinstance(value, (dict, list)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    try:
        return _NUMBERS[kind](value)
    except (KeyError, TypeError, ValueError, OverflowError):
        return _ABSENT


def _empty(kind: str) -> Any:
    """What replaces a list item that had to be left out."""
    return "" if kind == "string" else 0 if kind in _NUMBERS else {}


def _meant(key: str, value: Mapping[str, Any], known: ObjectType) -> str | None:
    """The field that was surely meant; one that is itself present only if both names are nearly the same."""
    meant = None if key.lower().startswith("x-") else closest(key, known.fields)
    if meant and meant in value and difflib.SequenceMatcher(None, key, meant).ratio() < _TYPO:
        return None
    return meant


def check_fields(data: object, known: ObjectType, path: str) -> tuple[Problem, ...]:
    """The problems of one object: fields that are unknown or have the wrong type."""
    fit = _Fit(UNKNOWN_FIELD, WRONG_TYPE, None)
    fit.fields(data, known, path)
    return tuple(fit.problems)
