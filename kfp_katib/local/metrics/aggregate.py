# SPDX-License-Identifier: Apache-2.0
"""From reported values to one Metric each: Katib's `getMetrics` in `trial/trial_controller_util.go`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kfp_katib.local.metrics.observation import Observation
from kfp_katib.results import UNAVAILABLE, Metric, go_float


def aggregate(observed: Iterable[Observation], metrics: Sequence[str]) -> dict[str, Metric]:
    """Minimum, maximum and latest value of each metric, as the text that was reported.

    Values are taken in order of their time, as Katib's database returns them. The first number sticks if it
    is NaN, since every comparison with it is false. The latest need not be a number.
    """
    texts: dict[str, list[str]] = {name: [] for name in metrics}
    for each in sorted(observed, key=lambda observation: observation.time):
        texts[each.metric].append(each.value)
    return {name: _metric(values) for name, values in texts.items()}


def _metric(texts: Sequence[str]) -> Metric:
    if not texts:
        return Metric()
    low = high = UNAVAILABLE
    least = most = 0.0
    for text in texts:
        try:
            value = go_float(text)
        except ValueError:
            continue
        if low == UNAVAILABLE:
            low, high, least, most = text, text, value, value
        elif value < least:
            low, least = text, value
        elif value > most:
            high, most = text, value
    return Metric(low, high, texts[-1])
