# SPDX-License-Identifier: Apache-2.0
"""Draws an evaluation as one HTML file that needs no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from plotly.subplots import make_subplots

if TYPE_CHECKING:
    from training.evaluate import Comparison

BINS = 40
COLOURS = {"simulated": "#1f5fa8", "generated": "#c8452f"}
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .8rem; border-bottom: 1px solid #ddd; text-align: right; }
th:first-child, td:first-child { text-align: left; }
"""


def page(comparisons: Sequence[Comparison], metrics: Mapping[str, float]) -> str:
    """Return the page: means first, then every point, then the figure with one choice for each point."""
    names = list(comparisons[0].differences)
    means = _table(["observable", "mean", "worst"], [[n, metrics[n], metrics[f"{n}_worst"]] for n in names])
    points = _table(["point", *names], [[str(c.point), *c.differences.values()] for c in comparisons])
    drawn = figure(comparisons).to_html(full_html=False, include_plotlyjs=True)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Showers</title>'
        f"<style>{STYLE}</style></head><body><h1>Generated and simulated showers</h1>"
        f"<p>{metrics['showers']:.0f} showers of each. Every number is a difference: 0 is equal. "
        f"energy_mean and energy_sigma are relative errors, energy_wasserstein is in units of the incident "
        f"energy, the L1 distances of profiles go from 0 to 2.</p>{means}{drawn}"
        f"<h2>Point by point</h2>{points}"
        f"</body></html>"
    )


def figure(comparisons: Sequence[Comparison]) -> go.Figure:
    """Draw energy, longitudinal and radial profile; a menu chooses the point."""
    titles = ["deposited / incident energy", "share by layer (z)", "share by ring (r)"]
    drawn = make_subplots(rows=1, cols=3, subplot_titles=titles)
    for number, comparison in enumerate(comparisons):
        for trace, column in _traces(comparison):
            drawn.add_trace(trace.update(visible=number == 0), row=1, col=column)
    each = len(drawn.data) // len(comparisons)
    buttons = [
        {
            "label": str(comparison.point),
            "method": "update",
            "args": [{"visible": [index // each == number for index in range(len(drawn.data))]}],
        }
        for number, comparison in enumerate(comparisons)
    ]
    menu = {"buttons": buttons, "x": 0, "xanchor": "left", "y": 1.35, "yanchor": "top"}
    return drawn.update_layout(template="plotly_white", height=460, margin={"t": 130}, updatemenus=[menu])


def _traces(comparison: Comparison) -> list[tuple[go.Scatter, int]]:
    both = (comparison.simulated.energy, comparison.generated.energy)
    edges = np.histogram_bin_edges(np.concatenate(both), bins=BINS)
    traces = []
    for name, summary in (("simulated", comparison.simulated), ("generated", comparison.generated)):
        counts, _ = np.histogram(summary.energy, bins=edges)
        for column, (x, y) in enumerate(
            [
                (edges[:-1], counts),
                (np.arange(len(summary.longitudinal)), summary.longitudinal),
                (np.arange(len(summary.radial)), summary.radial),
            ],
            start=1,
        ):
            traces.append((_step(name, x, y, in_legend=column == 1), column))
    return traces


def _step(name: str, x: npt.NDArray[np.number], y: npt.NDArray[np.number], *, in_legend: bool) -> go.Scatter:
    line = {"shape": "hv", "color": COLOURS[name]}
    return go.Scatter(x=x.tolist(), y=y.tolist(), name=name, line=line, mode="lines", showlegend=in_legend)


def _table(head: Sequence[str], rows: Sequence[Sequence[str | float]]) -> str:
    def cell(value: str | float) -> str:
        return escape(value) if isinstance(value, str) else f"{value:.4g}"

    body = "".join("<tr>" + "".join(f"<td>{cell(v)}</td>" for v in row) + "</tr>" for row in rows)
    return "<table><tr>" + "".join(f"<th>{escape(h)}</th>" for h in head) + f"</tr>{body}</table>"
