# SPDX-License-Identifier: Apache-2.0
"""Compare a model's observables with their thresholds."""

from __future__ import annotations

import html
import logging
import math
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kfp_katib.errors import InputError
from kfp_katib.experiment.choices import choose
from kfp_katib.steps import user_function as functions
from kfp_katib.steps.arguments import as_sent

Range = tuple[float, float]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The verdict on a model, and its finite observables."""

    metrics: Mapping[str, float]
    passed: bool


def evaluate(
    function: str,
    model: str,
    about: Mapping[str, Any],
    dataset: str,
    report: str,
    *,
    thresholds: Mapping[str, Any],
) -> Evaluation:
    """Have the user's function evaluate a model, and judge the result.

    Args:
        function: The user's function, called as `function(model, dataset, destination)`.
        model: The deployable model.
        about: The model's metadata.
        dataset: The data to compare it with.
        report: Where the HTML page goes.
        thresholds: The allowed range of each observable that is judged.

    Raises:
        InputError: The function cannot be called, a threshold is not a range, or its observable is missing.
    """
    name, allowed = as_sent(function), as_sent(dict(thresholds))
    ranges = {observable: _range(observable, bounds) for observable, bounds in allowed.items()}
    has_model = about.get("model") != "none"
    values, page = _observed(name, model, dataset) if has_model else ({}, "")
    if has_model:
        for observable in ranges:
            choose(observable, values, "A threshold's observable")
    Path(report).parent.mkdir(parents=True, exist_ok=True)
    Path(report).write_text(page or _page(values, ranges), encoding="utf-8", errors="backslashreplace")
    finite = {key: value for key, value in values.items() if math.isfinite(value)}
    return Evaluation(finite, has_model and _within(values, ranges))


def _observed(name: str, model: str, dataset: str) -> tuple[dict[str, float], str]:
    """The observables, and the function's own page where it wrote one."""
    with tempfile.TemporaryDirectory() as folder:
        returned = functions.call(name, Path(model), Path(dataset), Path(folder))
        page = Path(folder, "report.html")
        text = page.read_text("utf-8", errors="replace") if page.is_file() else ""  # never blocks on a pipe
        return functions.observables(returned, name), text


def _within(values: Mapping[str, float], ranges: Mapping[str, Range]) -> bool:
    passed = True
    for key, (low, high) in ranges.items():
        if not (low <= values[key] <= high and math.isfinite(values[key])):
            _log.warning("%s is %g, outside its range from %g to %g", key, values[key], low, high)
            passed = False
    return passed


def _range(name: str, bounds: object) -> Range:
    match bounds:
        case [None | int() | float() as low, None | int() | float() as high]:
            with suppress(OverflowError):  # a whole number of 400 digits
                least = -math.inf if low is None else float(low)
                most = math.inf if high is None else float(high)
                if least <= most:
                    return least, most
    raise InputError(
        f"The threshold of {name!r} is {bounds!r}. Give [min, max], min not above max; null for an open end."
    )


def _page(values: Mapping[str, float], ranges: Mapping[str, Range]) -> str:
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{value:g}</td><td>{_shown(ranges.get(name))}</td></tr>"
        for name, value in values.items()
    )
    body = f"<table><tr><th>observable</th><th>value</th><th>allowed</th></tr>{rows}</table>"
    return (
        '<!doctype html><meta charset="utf-8"><title>Evaluation</title>'
        "<style>body{font-family:sans-serif}td,th{padding:.2em 1em;text-align:left}</style>"
        f"{body if values else '<p>There is nothing to evaluate.</p>'}"
    )


def _shown(allowed: Range | None) -> str:
    return f"{allowed[0]:g} to {allowed[1]:g}" if allowed else ""
