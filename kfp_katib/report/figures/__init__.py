# SPDX-License-Identifier: Apache-2.0
"""Everything that is drawn of a Result. The page shows each figure as a section and ends with `script`."""

from __future__ import annotations

from collections.abc import Iterator

from kfp_katib.report.figures.drawing import script
from kfp_katib.report.figures.figure import Figure
from kfp_katib.report.figures.importances import importances
from kfp_katib.report.figures.learning_curves import learning_curves
from kfp_katib.report.figures.parallel_coordinates import parallel_coordinates
from kfp_katib.report.figures.pareto_set import pareto_set
from kfp_katib.report.figures.slices import slices
from kfp_katib.report.figures.timeline import timeline
from kfp_katib.report.figures.trial_history import history
from kfp_katib.results import Result

__all__ = ["Figure", "figures", "script"]


def figures(result: Result) -> tuple[Figure, ...]:
    """The figures that show something of this Result, in the order of the page.

    What is not drawn, though a reader may look for it, is said in the last one, which has no plot.
    """
    drawn = [figure for draw in _FIGURES if (figure := draw(result))]
    return (*drawn, *_left_out(result, drawn))


_FIGURES = (history, pareto_set, importances, slices, parallel_coordinates, learning_curves, timeline)


def _left_out(result: Result, drawn: list[Figure]) -> Iterator[Figure]:
    """What somebody may miss: curves are what one looks for first where a training diverged."""
    if result.trials and "learning-curves" not in {figure.name for figure in drawn}:
        sentence = (
            "Learning curves: no trial's reports are known. They are kept for searches on this machine, of "
            "trials that report the objective more than once; in a cluster, Katib's own page has them."
        )
        yield Figure("left-out", "Not drawn", sentence)
