# SPDX-License-Identifier: Apache-2.0
"""A search parameter as Vertex AI's StudySpec has it, and Katib's own text of a value that comes back.

Vertex AI gives numbers as floating point, so that an int of 16 may reach a trial as `16.0`
(https://cloud.google.com/vertex-ai/docs/reference/rest/v1/StudySpec). The manifest says what was meant.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Any

from kfp_katib.errors import InputError
from kfp_katib.experiment.lattice import lattice
from kfp_katib.experiment.model import Parameter
from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.feasible_space import number

MOST_VALUES = 1000
LEAST_DISTANCE = 1e-10
"""Both are said of the values of a DiscreteValueSpec, in the reference above."""

LARGEST_INT = 2**53
"""In floating point, as which Vertex AI gives numbers, not every integer beyond is there."""

_SCALES = {True: "UNIT_LOG_SCALE", False: "UNIT_LINEAR_SCALE"}
_EPSILON = 1e-5
"""How far the text of a number may be from the number, for a service that rounds what it prints."""


def misfits(parameter: Parameter, path: str) -> Iterator[Finding]:
    """Why a parameter cannot be searched.

    Args:
        parameter: The parameter.
        path: Where the manifest has it.
    """
    for finding in _misfits(parameter):
        yield finding._replace(path=f"{path}.{finding.path}")


def _misfits(parameter: Parameter) -> Iterator[Finding]:
    name, space = parameter.name, parameter.space
    if re.search(r"[\s=]", name):
        fix = "Rename it: Vertex AI allows no white space, and a trial gets it as --name=value."
        yield Finding("name", f"The name is {name!r}.", fix, name)
    words = [text for text in space.list if math.isnan(number(text))]
    if parameter.type == "discrete" and words:
        message = f"{words[0]!r} is no number, and Vertex AI's discrete values are numbers."
        yield Finding("feasibleSpace.list", message, "Make the parameter categorical.", words)
    elif parameter.type != "categorical":
        yield from _range(parameter) if parameter.type != "discrete" else ()
        yield from _values(parameter) if is_listed(parameter) else ()


def _range(parameter: Parameter) -> Iterator[Finding]:
    space = parameter.space
    if space.distribution not in ("uniform", "logUniform"):
        message = f"Vertex AI has no {space.distribution}."
        yield Finding(
            "feasibleSpace.distribution", message, "Take uniform or logUniform.", space.distribution
        )
    elif space.distribution == "logUniform" and lattice(parameter).low <= 0:
        message = f"min is {space.min}; all of a logarithmic scale must lie above 0."
        yield Finding("feasibleSpace.min", message, "Raise it, or take uniform.", space.min)
    for field, text in (("min", space.min), ("max", space.max)) if parameter.type == "int" else ():
        if abs(int(text)) > LARGEST_INT:
            message = f"{field} is {text}; beyond {LARGEST_INT:,} Vertex AI cannot tell integers apart."
            yield Finding(f"feasibleSpace.{field}", message, "Tune a smaller number.", text)


def _values(parameter: Parameter) -> Iterator[Finding]:
    """What is wrong with a list of numbers, or with a step, which becomes one."""
    of_list = parameter.type == "discrete"
    path = "feasibleSpace.list" if of_list else "feasibleSpace.step"
    count = len(parameter.space.list) if of_list else lattice(parameter).count or 0
    if count > MOST_VALUES:
        fix = "List fewer." if of_list else "Make it larger, or leave it out."
        message = f"It makes {count:,} values; Vertex AI takes {MOST_VALUES:,} of a list or a step."
        yield Finding(path, message, fix, count)
    elif close := _too_close(parameter, count):
        message = f"{close[0]} and {close[1]} are closer together than Vertex AI takes, {LEAST_DISTANCE}."
        yield Finding(path, message, "Make the parameter categorical, or tune its logarithm.", close)


def _too_close(parameter: Parameter, count: int) -> tuple[str, str] | None:
    """Two values that Vertex AI could not tell apart; the same number twice is one value."""
    if parameter.type == "discrete":
        exact = {Decimal(text) for text in parameter.space.list}
    else:
        values = lattice(parameter)
        exact = {values.exact(index) for index in range(count)}
    pairs = pairwise(sorted(exact))
    return next(
        ((str(a.normalize()), str(b.normalize())) for a, b in pairs if float(b) - float(a) < LEAST_DISTANCE),
        None,
    )


def parameter_spec(parameter: Parameter) -> dict[str, Any]:
    """The parameter as Vertex AI's JSON; `misfits` must have found nothing wrong with it.

    A value that stands twice in a list stands there once. A single value, which Katib takes as a range whose
    min is its max, becomes a list: Google's launcher drops a range from 0 to 0 as empty.
    """
    space = parameter.space
    if parameter.type == "categorical":
        categories = {"values": list(dict.fromkeys(space.list))}
        return {"parameter_id": parameter.name, "categorical_value_spec": categories}
    logarithmic = space.distribution == "logUniform" and parameter.type != "discrete"
    named = {"parameter_id": parameter.name, "scale_type": _SCALES[logarithmic]}
    if is_listed(parameter):
        return {**named, "discrete_value_spec": {"values": sorted(texts(parameter))}}
    values = lattice(parameter)
    if values.whole:
        ends = {"min_value": int(values.low), "max_value": int(values.high)}
        return {**named, "integer_value_spec": ends}
    return {**named, "double_value_spec": {"min_value": float(values.low), "max_value": float(values.high)}}


def is_listed(parameter: Parameter) -> bool:
    """Whether Vertex AI gets the values one by one: those of a list, of a step, or the only one."""
    if parameter.type in ("categorical", "discrete"):
        return True
    values = lattice(parameter)
    return values.count == 1 or (values.step is not None and not (values.whole and values.step == 1))


def repeats(parameter: Parameter) -> bool:
    """Whether a list has a value more than once."""
    every = parameter.space.list
    return len(texts(parameter) if parameter.type == "discrete" else set(every)) < len(every)


@lru_cache(maxsize=64)  # a thousand trials ask for the same parameters' values
def texts(parameter: Parameter) -> Mapping[float, str]:
    """The numbers that a discrete or stepped parameter can have, each with Katib's text."""
    if parameter.type == "discrete":
        return {float(text): text for text in reversed(parameter.space.list)}
    values = lattice(parameter)
    every = (values.nth(index) for index in range(values.count or 0))
    return {float(value): str(value) for value in every}


def katib_text(parameter: Parameter, value: str | float) -> str:
    """Katib's own text of a value that Vertex AI gives: `16.0` of an int is `16`.

    Raises:
        InputError: The parameter cannot have this value.
    """
    if parameter.type == "categorical":
        return _category(parameter, value)
    if not _is_number(value):
        raise _foreign(parameter, value)
    number = float(value)
    if is_listed(parameter):
        known = texts(parameter)
        text = known.get(number) or known[min(known, key=lambda each: abs(each - number))]
    else:
        values = lattice(parameter)
        nearest = min(max(number, float(values.low)), float(values.high))
        text = str(round(nearest)) if values.whole else str(nearest)
    if not math.isclose(float(text), number, rel_tol=_EPSILON, abs_tol=1e-12):
        raise _foreign(parameter, value)
    return text


def _category(parameter: Parameter, value: str | float) -> str:
    """The value itself, or the only one that is the same number."""
    known = dict.fromkeys(parameter.space.list)
    if value in known:
        return str(value)
    alike = [text for text in known if _is_number(text) and _is_number(value) and float(text) == float(value)]
    if len(alike) != 1:
        raise _foreign(parameter, value)
    return alike[0]


def _is_number(value: str | float) -> bool:
    try:
        return math.isfinite(float(value))
    except (ValueError, OverflowError):
        return False


def _foreign(parameter: Parameter, value: str | float) -> InputError:
    space = parameter.space
    feasible = ", ".join(space.list) if space.list else f"{space.min} to {space.max}"
    return InputError(
        f"Vertex AI gives the parameter '{parameter.name}' the value {value!r}, which the manifest does not: "
        f"it has {feasible:.200}. Check that the tuning job was made from this manifest."
    )
