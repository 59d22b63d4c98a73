# SPDX-License-Identifier: Apache-2.0
"""Compare a model's observables with their thresholds."""

from __future__ import annotations

import logging
import math
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kfp_katib.errors import InputError
from kfp_katib.experiment.choices import choose
from kfp_katib.steps import user_function as functions
from kfp_katib.steps.arguments import as_sent
from kfp_katib.steps.evaluation_page import Judgement, page, with_verdict

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
    name, ranges = as_sent(function), allowed(as_sent(dict(thresholds)))
    has_model = about.get("model") != "none"
    values, own = _observed(name, model, dataset) if has_model else ({}, "")
    if has_model:
        for observable in ranges:
            choose(observable, values, "A threshold's observable")
    Path(report).parent.mkdir(parents=True, exist_ok=True)
    judged = [Judgement(name, values[name], *ranges[name]) for name in ranges if has_model]
    text = with_verdict(own, judged) if own else page(values, judged, found=has_model)
    Path(report).write_text(text, encoding="utf-8", errors="backslashreplace")
    finite = {key: value for key, value in values.items() if math.isfinite(value)}
    return Evaluation(finite, has_model and _passed(judged))


def allowed(thresholds: Mapping[str, Any]) -> dict[str, Range]:
    """The allowed range of each observable, infinite where an end is open.

    An end is open if it is null, or empty text: kfp.local cannot hand null on to a step.

    Raises:
        InputError: A threshold is not a range.
    """
    return {observable: _range(observable, bounds) for observable, bounds in thresholds.items()}


def _observed(name: str, model: str, dataset: str) -> tuple[dict[str, float], str]:
    """The observables, and the function's own page where it wrote one."""
    with tempfile.TemporaryDirectory() as folder:
        returned = functions.call(name, Path(model), Path(dataset), Path(folder))
        page = Path(folder, "report.html")
        text = page.read_text("utf-8", errors="replace") if page.is_file() else ""  # never blocks on a pipe
        return functions.observables(returned, name), text


def _passed(judged: Sequence[Judgement]) -> bool:
    """Whether all of them pass; each is told, as what the log of a run shows of this step."""
    for each in judged:
        _log.log(logging.INFO if each.passed else logging.WARNING, "%s", each)
    return all(each.passed for each in judged)


def _range(name: str, bounds: object) -> Range:
    match bounds:
        case [bool(), _] | [_, bool()]:
            pass  # which Python takes for a number
        case [None | "" | int() | float() as low, None | "" | int() | float() as high]:
            with suppress(OverflowError):  # a whole number of 400 digits
                least = -math.inf if low in (None, "") else float(low)
                most = math.inf if high in (None, "") else float(high)
                if least <= most and least < math.inf and most > -math.inf:
                    return least, most
    raise InputError(
        f"The threshold of {name!r} is {bounds!r}. Give [min, max], min not above max; null for an open end."
    )
