# SPDX-License-Identifier: Apache-2.0
"""An axis for every parameter, in the manifest's order, wide enough for every value that was tried."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kfp_katib.report.figures.figure import axis, padded, readable
from kfp_katib.report.figures.points import spread
from kfp_katib.results import Result, Trial, number, typed

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Parameter

_LABELS = 7
_LABEL_CHARACTERS = 14


@dataclass(frozen=True, slots=True)
class ParameterAxis:
    """Where the values of one parameter are drawn.

    Attributes:
        name: The parameter.
        categories: Its values, as the trials got them, with their places; empty if they are numbers.
        low, high: The ends of the axis; of a category's axis the places of the first and the last.
        log: Whether it is logarithmic.
        whole: Whether only whole numbers may be labels.
    """

    name: str
    categories: Mapping[str, int]
    low: float
    high: float
    log: bool = False
    whole: bool = False

    def place(self, text: str | None) -> float | None:
        """Where a value stands; None for one that a trial does not have."""
        if text is None:
            return None
        if self.categories:
            return float(self.categories[text])
        value = number(text)
        return None if value is None or (self.log and value <= 0) else value

    def varies(self, trials: Iterable[Trial]) -> bool:
        """Whether these trials have more than one value of the parameter."""
        return len({self.place(trial.parameters.get(self.name)) for trial in trials} - {None}) > 1

    def share(self, text: str | None) -> float | None:
        """How far up the axis a value stands, from 0 to 1."""
        place = self.place(text)
        if place is None or self.high == self.low:
            return None if place is None else 0.5
        low, high, here = (math.log(each) if self.log else each for each in (self.low, self.high, place))
        return (here / 2 - low / 2) / (high / 2 - low / 2)  # the whole difference may be no float

    def marks(self) -> list[tuple[float, str]]:
        """Labels for places from 0 to 1 along the axis."""
        if self.categories:
            last = len(self.categories) - 1
            chosen = spread(list(self.categories), _LABELS * 2)
            return [(self.categories[text] / last if last else 0.5, cut(text)) for text in chosen]
        if self.high == self.low:
            return [(0.5, labels([self.low], whole=self.whole)[0])]
        shares = self._decades() or [share / 4 for share in range(5)]
        return list(
            zip(shares, labels([self._value(share) for share in shares], whole=self.whole), strict=True)
        )

    def _decades(self) -> list[float]:
        """Where the powers of ten are on a logarithmic axis that has several."""
        if not self.log:
            return []
        low, high = math.log10(self.low), math.log10(self.high)
        powers = range(math.ceil(low), math.floor(high) + 1)
        shown = spread(powers, _LABELS) if len(powers) > 2 else ()
        return [(power - low) / (high - low) for power in shown]

    def axis(self) -> dict[str, Any]:
        """Plotly's axis."""
        if self.categories:
            chosen = spread(list(self.categories), _LABELS)
            places = [self.categories[text] for text in chosen]
            ends = [self.low - 0.5, self.high + 0.5]
            return axis(self.name, range=ends, tickvals=places, ticktext=[cut(text) for text in chosen])
        low, high = (math.log10(each) if self.log else each for each in (self.low, self.high))
        powers = self.log and high - low >= 2
        ticks = {"dtick": max(1, round((high - low) / 4))} if powers else {"nticks": 5, **readable(low, high)}
        return axis(self.name, type="log" if self.log else "linear", range=padded(low, high), **ticks)

    def _value(self, share: float) -> float:
        if self.log:
            return math.exp(math.log(self.low) * (1 - share) + math.log(self.high) * share)
        return self.low * (1 - share) + self.high * share


def parameter_axes(result: Result) -> list[ParameterAxis]:
    """One axis for each parameter that a trial has: the manifest's, in its order, then any others.

    None for a search for architectures: no two of its assignments can be compared.
    """
    if result.experiment.nas:
        return []
    known = {parameter.name: parameter for parameter in result.experiment.parameters}
    tried: dict[str, dict[str, None]] = {name: {} for name in known}
    for trial in result.trials:
        for name, text in trial.parameters.items():
            tried.setdefault(name, {})[text] = None
    return [_axis(name, known.get(name), texts) for name, texts in tried.items() if texts]


def _axis(name: str, parameter: Parameter | None, tried: Iterable[str]) -> ParameterAxis:
    """Categories are texts, as the trials got them: `1.10` and `1.1` are two."""
    texts = list(tried)
    values = [value for text in texts if (value := number(text)) is not None]
    listed = parameter is not None and parameter.type in ("categorical", "discrete")
    if listed or len(values) < len(texts):
        known = parameter.space.list if parameter else ()
        categories = _ordered(dict.fromkeys((*known, *texts)))
        places = {text: place for place, text in enumerate(categories)}
        return ParameterAxis(name, places, 0.0, len(categories) - 1.0)
    return _numbers(name, parameter, values)


def _numbers(name: str, parameter: Parameter | None, values: Sequence[float]) -> ParameterAxis:
    space = parameter.space if parameter else None
    bounds = (number(text) for text in (space.min, space.max)) if space else ()
    ends = [*values, *(bound for bound in bounds if bound is not None)]
    low, high = min(ends), max(ends)
    log = space is not None and space.distribution in ("logUniform", "logNormal") and low > 0
    whole = isinstance(typed("1", parameter), int) and all(value.is_integer() for value in ends)
    return ParameterAxis(name, {}, low, high, log, whole)


def _ordered(categories: Iterable[str]) -> tuple[str, ...]:
    """Categories that are all numbers are sorted as such; the others stay as the manifest has them."""
    texts = list(categories)
    values = [number(text) for text in texts]
    if None in values:
        return tuple(texts)
    return tuple(text for _, text in sorted(zip(values, texts, strict=True), key=lambda pair: pair[0] or 0.0))


def labels(places: Sequence[float], *, whole: bool) -> list[str]:
    """Labels for an axis: all different, or with `whole` only at whole numbers."""
    if whole:
        return [f"{place:.0f}" if abs(place - round(place)) < 1e-9 else "" for place in places]
    for digits in range(3, 17):
        texts = [f"{place:.{digits}g}" for place in places]
        if len(set(texts)) == len(places):
            break
    return texts


def cut(text: str) -> str:
    """A text that is short enough for a label."""
    return text if len(text) <= _LABEL_CHARACTERS else f"{text[: _LABEL_CHARACTERS - 1]}…"


def shares(axis: ParameterAxis, texts: Iterable[str | None]) -> list[float | None]:
    """Where values stand along an axis, as exactly as can be seen."""
    return [None if (share := axis.share(text)) is None else round(share, 4) for text in texts]


def about_log(axes: Iterable[ParameterAxis]) -> str:
    """A sentence that names the logarithmic ones; empty where there is none."""
    log = [axis.name for axis in axes if axis.log]
    return f"Logarithmic: {', '.join(log)}." if log else ""
