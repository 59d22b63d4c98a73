# SPDX-License-Identifier: Apache-2.0
"""Which parameters decide whether a trial is among the best: Optuna's importances.

Optuna's own evaluator is used, PED-ANOVA (https://arxiv.org/abs/2304.10255): it compares how a parameter's
values are spread among the best tenth of the trials and among all. It draws nothing at random, so the same
trials give the same numbers, and takes a tenth of a second for 1,000 of them.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kfp_katib.report.figures.figure import BLUE, Figure, Plot, axis, look
from kfp_katib.report.figures.parameter_axes import ParameterAxis, cut, parameter_axes
from kfp_katib.report.figures.points import Point, points, sentences
from kfp_katib.results import Result

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

FEW = 15
"""Below so many trials the numbers say more about chance than about the parameters."""
_BAR, _AROUND, _MOST_HEIGHT = 26, 90, 700


def importances(result: Result) -> Figure | None:
    """The figure; None where there is nothing to compare: trials of one value, or fewer than two parameters."""
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
        ]
    )
    return Figure("importances", "Parameter importances", sentence, (_plot(shares),))


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
    return Plot("importances-plot", [bars], layout, min(_AROUND + _BAR * len(names), _MOST_HEIGHT))


def _shares(result: Result, known: Sequence[Point]) -> dict[str, float]:
    """The importances, the largest first; those of equals in the manifest's order."""
    axes = [each for each in parameter_axes(result) if each.varies(point.trial for point in known)]
    if len(axes) < 2 or len({point.value for point in known}) < 2:
        return {}
    import optuna  # takes half a second

    study = _study(result, known, axes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few trials, which the figure says
        found = optuna.importance.get_param_importances(
            study, evaluator=optuna.importance.PedAnovaImportanceEvaluator()
        )
    shares = {axis.name: float(found.get(axis.name, 0.0)) for axis in axes}
    if not sum(shares.values()) > 0.0:  # not a number either
        return {}
    return dict(sorted(shares.items(), key=lambda pair: -pair[1]))


def _study(result: Result, known: Sequence[Point], axes: Sequence[ParameterAxis]) -> Study:
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # it would announce the study
    try:
        study = optuna.create_study(direction=result.experiment.objective.type)
    finally:
        optuna.logging.set_verbosity(before)
    study.add_trials([_trial(point, axes) for point in known])
    return study


def _trial(point: Point, axes: Sequence[ParameterAxis]) -> FrozenTrial:
    """The trial with each number as its place from 0 to 1 along its axis: no bound, no digit is too large."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution
    from optuna.trial import create_trial

    params: dict[str, float] = {}
    spaces: dict[str, BaseDistribution] = {}
    for each in axes:
        text = point.trial.parameters.get(each.name)
        if each.categories and text is not None:
            params[each.name] = each.categories.index(text)
            spaces[each.name] = CategoricalDistribution(range(len(each.categories)))
        elif (share := each.share(text)) is not None:
            params[each.name], spaces[each.name] = share, FloatDistribution(0.0, 1.0)
    return create_trial(value=point.value, params=params, distributions=spaces)
