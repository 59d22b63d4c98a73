# SPDX-License-Identifier: Apache-2.0
"""Draws best losses against epochs as an SVG: for each search the median of its seeds and the quartiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Curves = Mapping[str, list[Any]]
"""For each search the best loss so far after each epoch, an array for each seed."""

_WIDTH, _HEIGHT = 720, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 16, 48
_COLOURS = ("#444444", "#0072b2", "#d55e00", "#009e73")
_TEXT = 'font-family="sans-serif" font-size="13" fill="#333"'


def drawn(curves: Curves) -> str:
    """The picture; losses are on a logarithmic scale."""
    quartiles = {
        name: np.quantile(np.array(each), (0.25, 0.5, 0.75), axis=0) for name, each in curves.items()
    }
    settled = [each[:, 15:] for each in quartiles.values()]  # the first epochs of all are far above
    low, high = (float(f([f(each) for each in settled])) for f in (np.min, np.max))
    scale = _Scale(low * 0.95, high * 1.05, max(each.shape[1] for each in quartiles.values()))
    parts = [*_axes(scale)]
    for colour, each in zip(_COLOURS, quartiles.values(), strict=False):
        band = [*scale.points(each[0]), *reversed(scale.points(each[2]))]
        parts.append(f'<polygon points="{" ".join(band)}" fill="{colour}" opacity="0.13"/>')
        line = " ".join(scale.points(each[1]))
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
    parts += _legend(list(quartiles))
    size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    ground = f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size}>', ground, *parts, "</svg>", ""])


class _Scale:
    """From a loss and an epoch to a place in the picture."""

    def __init__(self, low: float, high: float, epochs: int) -> None:
        self.low, self.high, self.epochs = low, high, epochs

    def x(self, epoch: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * epoch / self.epochs

    def y(self, loss: float) -> float:
        share = np.log(self.high / min(max(loss, self.low), self.high)) / np.log(self.high / self.low)
        return float(_TOP + (_HEIGHT - _TOP - _BOTTOM) * share)

    def points(self, losses: Sequence[float]) -> list[str]:
        return [f"{self.x(epoch):.1f},{self.y(loss):.1f}" for epoch, loss in enumerate(losses, 1)]


def _axes(scale: _Scale) -> list[str]:
    lines = []
    for epoch in range(0, scale.epochs + 1, 50):
        x = scale.x(epoch)
        lines.append(f'<line x1="{x}" y1="{_TOP}" x2="{x}" y2="{_HEIGHT - _BOTTOM}" stroke="#eee"/>')
        lines.append(
            f'<text x="{x}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle" {_TEXT}>{epoch}</text>'
        )
    for loss in (m * 10**e for e in (-2, -1, 0) for m in (1, 1.5, 2, 3, 4, 5, 7)):
        if scale.low <= loss <= scale.high:
            y = scale.y(loss)
            lines.append(
                f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}" stroke="#eee"/>'
            )
            lines.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" {_TEXT}>{loss:.2g}</text>')
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    lines.append(
        f'<text x="{middle}" y="{_HEIGHT - 10}" text-anchor="middle" {_TEXT}>epochs of all trials</text>'
    )
    turned = f'transform="translate(16 {(_HEIGHT - _BOTTOM + _TOP) / 2}) rotate(-90)"'
    lines.append(f'<text {turned} text-anchor="middle" {_TEXT}>best validation loss</text>')
    return lines


def _legend(names: list[str]) -> list[str]:
    lines = []
    for index, (name, colour) in enumerate(zip(names, _COLOURS, strict=False)):
        x, y = _WIDTH - 220, _TOP + 20 + 20 * index
        lines.append(
            f'<line x1="{x}" y1="{y - 4}" x2="{x + 24}" y2="{y - 4}" stroke="{colour}" stroke-width="3"/>'
        )
        lines.append(f'<text x="{x + 32}" y="{y}" {_TEXT}>{name}</text>')
    return lines
