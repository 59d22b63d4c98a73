# SPDX-License-Identifier: Apache-2.0
"""The values that each trial gets: a grid where the study asks for one, else drawn at random by a seed.

Vertex AI's own Bayesian optimization, which runs where a study names no algorithm, is not to be had.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from random import Random

from tests.support.vertex.request import Json, kind_of, low_and_high

Assignment = Mapping[str, float | str]
"""A value for each parameter, a number for all but categorical ones."""


def suggestions(study: Json, seed: int) -> Iterator[Assignment]:
    """Suggest values for one trial after the other; a grid ends."""
    parameters = study["parameters"]
    names = [parameter["parameterId"] for parameter in parameters]
    if study.get("algorithm") == "GRID_SEARCH":
        points: Iterator[Sequence[float | str]] = product(*map(_every_value, parameters))
    else:
        points = _drawn(parameters, Random(seed))
    return (dict(zip(names, point, strict=True)) for point in points)


def _drawn(parameters: Sequence[Json], random: Random) -> Iterator[Sequence[float | str]]:
    while True:
        yield [_draw(parameter, random) for parameter in parameters]


def _every_value(parameter: Json) -> Sequence[float | str]:
    kind, spec = kind_of(parameter)
    if kind != "integer":
        return list(spec["values"])
    low, high = low_and_high(spec)
    return [float(number) for number in range(int(low), int(high) + 1)]


def _draw(parameter: Json, random: Random) -> float | str:
    kind, spec = kind_of(parameter)
    if kind in ("discrete", "categorical"):
        chosen: float | str = random.choice(spec["values"])
        return chosen
    low, high = low_and_high(spec)
    if parameter.get("scaleType") == "UNIT_LOG_SCALE":
        drawn = math.exp(random.uniform(math.log(low), math.log(high)))
    else:
        drawn = random.uniform(low, high)
    return float(round(drawn)) if kind == "integer" else min(max(drawn, low), high)
