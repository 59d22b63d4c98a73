# SPDX-License-Identifier: Apache-2.0
"""Everything that is drawn of a Result. The page shows each figure as a section and ends with `script`."""

from __future__ import annotations

from kfp_katib.report.figures.drawing import script
from kfp_katib.report.figures.figure import Figure
from kfp_katib.report.figures.history import history
from kfp_katib.report.figures.parallel_coordinates import parallel_coordinates
from kfp_katib.results import Result

__all__ = ["Figure", "figures", "script"]


def figures(result: Result) -> tuple[Figure, ...]:
    """The figures that show something of this Result, in the order of the page.

    What is not drawn, though a reader may look for it, is said in the last one, which has no plot.
    """
    return tuple(drawn for draw in _FIGURES if (drawn := draw(result)))


_FIGURES = (history, parallel_coordinates)
