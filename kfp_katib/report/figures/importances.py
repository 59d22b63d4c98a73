# SPDX-License-Identifier: Apache-2.0
"""Which parameters decide whether a trial is among the best, as bars."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from kfp_katib.report.figures import ped_anova
from kfp_katib.report.figures.figure import BLUE, Figure, Plot, axis, look
from kfp_katib.report.figures.parameter_axes import ParameterAxis, cut, parameter_axes
from kfp_katib.report.figures.ped_anova import MOST_CELLS, Column
from kfp_katib.report.figures.points import Point, how_many, points, sentences
from kfp_katib.results import Result

FEW = 15
"""Below so many trials the numbers say more about chance than about the parameters."""
_MOST_BARS = 30
_BAR, _AROUND = 26, 90


def importances(result: Result) -> Figure | None:
    """The figure; None where all trials have one value, or fewer than two parameters have several."""
    known = points(result)
    shares = _shares(result, known)
    if not shares:
        return None
    sentence = sentences(
        [
            f"How much each parameter decides whether a trial is among the best tenth, from {len(known):,} "
            "trials with a value (PED-ANOVA; the shares add up to 1).",
            _warning(len(known)),
            _constant(parameter_axes(result), shares),
            how_many(min(len(shares), _MOST_BARS), len(shares), "parameters", "the most important ones"),
        ]
    )
    shown = dict(list(shares.items())[:_MOST_BARS])
    return Figure("importances", "Parameter importances", sentence, (_plot(shown),))


def _warning(trials: int) -> str:
    return f"Fewer than {FEW} trials mean little: take it for a hint at most." if trials < FEW else ""


def _constant(axes: Sequence[ParameterAxis], shares: Mapping[str, float]) -> str:
    left = [axis.name for axis in axes if axis.name not in shares]
    return f"Left out, since every trial had the same value: {', '.join(left)}." if left else ""


def _plot(shares: Mapping[str, float]) -> Plot:
    names = list(shares)[::-1]  # plotly draws upwards; the most important one stands on top
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": [round(shares[name], 4) for name in names],
        "y": list(range(len(names))),
        "text": [f"{shares[name]:.2f}" for name in names],
        "textposition": "outside",
        "cliponaxis": False,
        "customdata": names,
        "hovertemplate": "%{customdata}: %{x}<extra></extra>",
        "marker": {"color": BLUE},
    }
    layout = look(
        xaxis=axis("Importance", range=[0, max(1e-9, *shares.values()) * 1.12], fixedrange=True),
        yaxis=axis(tickvals=list(range(len(names))), ticktext=[cut(name) for name in names], showgrid=False),
        margin={"t": 10, "b": 45, "l": 20, "r": 20},
        bargap=0.3,
    )
    return Plot("importances-plot", [bars], layout, _AROUND + _BAR * len(names))


def _shares(result: Result, known: Sequence[Point]) -> dict[str, float]:
    """The importances, the largest first; those of equals in the manifest's order."""
    axes = [each for each in parameter_axes(result) if each.varies(point.trial for point in known)]
    values = [point.value for point in known]
    if len(axes) < 2 or len(set(values)) < 2:
        return {}
    columns = {each.name: _column(each, known) for each in axes}
    found = ped_anova.importances(columns, values, maximize=result.experiment.objective.type == "maximize")
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def _column(along: ParameterAxis, known: Sequence[Point]) -> Column:
    texts = [point.trial.parameters.get(along.name) for point in known]
    if along.categories:
        of = along.categories
        return Column([None if text is None else of[text] for text in texts], len(of), ordered=False)
    cells = _cells(along)
    shares = [along.share(text) for text in texts]
    places = [None if share is None else math.ceil(share * (cells - 1) - 0.5) for share in shares]
    return Column(places, cells, ordered=True)


def _cells(along: ParameterAxis) -> int:
    """As fine as the values can be told apart, as Optuna counts them."""
    if not along.whole:
        return MOST_CELLS
    values = along.high - along.low + 1
    return min(math.ceil(math.log2(values)) + 1 if along.log else int(min(values, MOST_CELLS)), MOST_CELLS)
