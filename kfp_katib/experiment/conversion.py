# SPDX-License-Identifier: Apache-2.0
"""What a Job loses when Katib's webhook converts it into Kubernetes' own types and back.

The webhook (`validatePatchJob` in Katib's `validator.go`) compares the trial's Job with itself after that
conversion and refuses it where anything was lost or rewritten. Kubernetes' types leave out empty fields, and
write a quantity in one form only (`Quantity.String`), so that `value: ""` or `sizeLimit: 1024Mi`, which
`kubectl apply` takes, cost the whole Experiment here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kfp_katib.experiment.problem import Finding, Problem, Rule
from kfp_katib.experiment.schema import object_types

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


def lost_in_conversion(job: Mapping[str, Any], path: str) -> tuple[Problem, ...]:
    """The values for which Katib's webhook refuses a Job that Kubernetes itself accepts."""
    return tuple(_values(job, "Job", path))


def _values(value: Any, kind: str, path: str) -> Iterator[Problem]:
    """Walk along the table of types; a value of the wrong type is another rule's business."""
    if kind in object_types() and isinstance(value, Mapping):
        yield from _fields(value, kind, path)
    elif kind[0] == "[" and isinstance(value, list):
        for i, item in enumerate(value):
            yield from _values(item, kind[1:-1], f"{path}[{i}]")
    elif kind[0] == "{" and isinstance(value, Mapping):
        for key, item in value.items():
            yield from _values(item, kind[1:-1], f"{path}.{key}")
    elif kind == "quantity" and value is not None:  # a null limit is zero to Kubernetes
        yield from _quantity(value, path)
    elif kind == "integer" and isinstance(value, int) and abs(value) >= 2**31:
        yield JOB_NUMBER_TOO_LARGE.problem(Finding(path, f"The number is {value}.", "Lower it.", value))


def _fields(value: Mapping[str, Any], name: str, path: str) -> Iterator[Problem]:
    known = object_types()[name]
    for key, item in value.items():
        kind, where = known.fields.get(key), f"{path}.{key}"
        if kind and (item is None or (key in known.omitted and _is_empty(item, kind))):
            shown = "null" if item is None else repr(item) if item == "" else str(item).lower()
            message = f"'{key}' is {shown}, which Kubernetes leaves out."
            yield JOB_EMPTY_VALUE.problem(Finding(where, message, "Remove the field.", item))
        elif kind:
            yield from _values(item, kind, where)


def _is_empty(value: Any, kind: str) -> bool:
    empty = _EMPTY.get(kind, _EMPTY.get(kind[0]))
    return type(value) is type(empty) and bool(value == empty)


def _quantity(value: Any, path: str) -> Iterator[Problem]:
    """A quantity must be one; away from limits and requests it must also be written as Kubernetes would."""
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
