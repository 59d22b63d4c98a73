# SPDX-License-Identifier: Apache-2.0
"""What a Job loses when Katib's webhook converts it into Kubernetes' own types and back.

The webhook (`validatePatchJob` in Katib's `validator.go`) compares the trial's Job with itself after that
conversion and refuses it if anything was lost or rewritten. Kubernetes' types leave out empty fields, and
write a quantity in one form only (`Quantity.String`), so `value: ""` or `sizeLimit: 1024Mi`, which
`kubectl apply` accepts, makes Katib refuse the whole Experiment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kfp_katib.experiment.problem import Finding, Problem, Rule
from kfp_katib.experiment.schema import ObjectType

JOB_EMPTY_VALUE = Rule(
    "job-empty-value",
    "Katib refuses a Job with an empty value in a field that may be left out.",
    webhook=True,
)
JOB_QUANTITY_FORM = Rule(
    "job-quantity-form",
    "Katib refuses a Job whose quantity is not in Kubernetes' shortest form.",
    webhook=True,
)
JOB_QUANTITY_INVALID = Rule(
    "job-quantity-invalid",
    "A quantity in the Job is not a number with one of Kubernetes' units.",
    webhook=True,
)
JOB_NUMBER_TOO_LARGE = Rule(
    "job-number-too-large",
    "A number in the Job does not fit the 32 bits that Kubernetes gives it.",
    webhook=True,
)
RULES = (JOB_EMPTY_VALUE, JOB_QUANTITY_FORM, JOB_QUANTITY_INVALID, JOB_NUMBER_TOO_LARGE)

QUANTITY = re.compile(
    r"[+-]?(?P<number>[0-9]{1,40}(\.[0-9]*)?|\.[0-9]+)(?P<unit>[numkMGTPE]?|[KMGTPE]i|[eE][+-]?[0-9]{1,4})"
)
_FREE_QUANTITIES = re.compile(r"\.resources\.(limits|requests)\.")
"""The webhook ignores what is below these two maps, since it cannot know every device."""

_EMPTY: Mapping[str, Any] = {"string": "", "boolean": False, "integer": 0, "int64": 0, "[": [], "{": {}}


def omitted(value: Any, name: str, known: ObjectType, path: str) -> Iterator[Problem]:
    """A field that Kubernetes leaves out because of its value."""
    if value is None or (name in known.omitted and _is_empty(value, known.fields[name])):
        shown = "null" if value is None else repr(value) if value == "" else str(value).lower()
        message = f"'{name}' is {shown}, which Kubernetes leaves out."
        yield JOB_EMPTY_VALUE.problem(Finding(path, message, "Remove the field.", value))


def rewritten(value: Any, kind: str, path: str) -> Iterator[Problem]:
    """A number that Kubernetes cannot hold, or writes in another way."""
    if kind == "quantity":
        yield from _quantity(value, path)
    elif kind == "integer" and isinstance(value, int) and abs(value) >= 2**31:
        yield JOB_NUMBER_TOO_LARGE.problem(Finding(path, f"The number is {value}.", "Lower it.", value))


def _is_empty(value: Any, kind: str) -> bool:
    empty = _EMPTY.get(kind, _EMPTY.get(kind[0]))
    return type(value) is type(empty) and bool(value == empty)


def _quantity(value: Any, path: str) -> Iterator[Problem]:
    """A value that is no quantity or, outside limits and requests, not written as Kubernetes would."""
    match = QUANTITY.fullmatch(str(value).strip(" "))
    if not match or isinstance(value, bool):
        fix = "Write a number with a unit such as m, k, M, G, Ki, Mi or Gi; a placeholder cannot stand here."
        yield JOB_QUANTITY_INVALID.problem(Finding(path, f"The quantity is {value!r}.", fix, value))
    elif not _FREE_QUANTITIES.search(path) and not (isinstance(value, str) and _is_shortest(match)):
        fix = "Write it in Kubernetes' shortest form, as text: '1Gi', not 1024Mi; '500m', not 0.5."
        yield JOB_QUANTITY_FORM.problem(Finding(path, f"The quantity is {value!r}.", fix, value))


def _is_shortest(quantity: re.Match[str]) -> bool:
    """Whether Kubernetes would write the quantity this way; True for exponents, too rare to judge here."""
    whole, point, fraction = quantity["number"].partition(".")
    unit = quantity["unit"]
    if re.match("[eE].*[0-9]", unit):
        return True
    if point:
        return bool(fraction) and not unit.endswith("i") and len(fraction) % 3 == 0
    if unit.endswith("i"):
        return int(whole) % 1024 != 0
    return quantity[0] == "0" or not (whole.endswith("000") or whole[0] == "0")
