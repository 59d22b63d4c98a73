# SPDX-License-Identifier: Apache-2.0
"""The page of an evaluation: the verdict first, threshold by threshold; then what was found.

A user's function writes a page of its own, which knows no thresholds: the verdict is put at its top.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_PLACES = tuple(
    re.compile(tag, re.IGNORECASE) for tag in (r"<body\b[^>]*>", r"</head\s*>", r"<!doctype\b[^>]*>")
)
"""After the first of these that a page has, something can stand at its top."""

_STYLE = """
.judged { margin: 0 0 1.5rem; padding: 0.7rem 1rem; border: 1px solid #8a95a3; border-radius: 6px; }
.judged { border-left: 0.5rem solid #17704a; }
.judged.missed { border-left-color: #c0392b; }
.judged p { margin: 0 0 0.4rem; font-size: 1.15em; font-weight: 600; }
.judged div { overflow-x: auto; }
.judged table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.judged th, .judged td { padding: 0.15rem 1rem 0.15rem 0; border: 0; text-align: left; font-weight: inherit; }
.judged th, .judged td { white-space: nowrap; }
.judged thead th { font-weight: 600; }
.judged .missed { font-weight: 700; }
"""
_OWN = """
:root { color-scheme: light dark; }
body { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem; }
body { font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; }
.found { overflow-x: auto; }
.found th, .found td { padding: 0.15rem 1rem 0.15rem 0; text-align: left; white-space: nowrap; }
.found tbody th { font-weight: 400; }
"""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One observable and the range that it has to keep, ends included; infinite where an end is open."""

    observable: str
    value: float
    low: float
    high: float

    @property
    def passed(self) -> bool:
        """Whether it is a finite number within the range."""
        return math.isfinite(self.value) and self.low <= self.value <= self.high

    @property
    def allowed(self) -> str:
        """The range in words."""
        if math.isinf(self.low) and math.isinf(self.high):
            return "any finite number"
        if math.isinf(self.low):
            return f"at most {self.high:g}"
        return f"at least {self.low:g}" if math.isinf(self.high) else f"{self.low:g} to {self.high:g}"

    def __str__(self) -> str:
        said = "passed" if self.passed else "not passed"
        return f"{said}: {self.observable} is {self.value:.6g}, allowed is {self.allowed}"


def verdict(judged: Sequence[Judgement], *, found: bool) -> str:
    """The verdict in one sentence.

    Args:
        judged: The observables that have a threshold.
        found: Whether there was a model to evaluate.
    """
    if not found:
        return "Not passed: there is no model, so there is nothing to evaluate."
    if not judged:
        return "Passed: no observable has a threshold."
    missed, total = sum(not each.passed for each in judged), len(judged)
    if missed:
        return f"Not passed: {missed} of {total} threshold{'s' * (total > 1)} missed."
    return "Passed: the threshold is kept." if total == 1 else f"Passed: all {total} thresholds are kept."


def page(values: Mapping[str, float], judged: Sequence[Judgement], *, found: bool) -> str:
    """A page of our own.

    Args:
        values: Every observable.
        judged: Those that have a threshold.
        found: Whether there was a model to evaluate.
    """
    rows = "".join(f"<tr>{_cell(name, 'th')}{_number(value)}</tr>" for name, value in values.items())
    found_values = f'<div class="found">{_table(("observable", "value"), rows)}</div>' if values else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Evaluation</title><style>{_OWN}</style></head><body><h1>Evaluation</h1>"
        f"{_judgement(judged, found=found)}{found_values}</body></html>"
    )


def with_verdict(own: str, judged: Sequence[Judgement]) -> str:
    """A user's page with the verdict at its top; as it is where nothing was judged."""
    if not judged:
        return own
    match = next((match for place in _PLACES if (match := place.search(own))), None)
    at = match.end() if match else 0
    return own[:at] + _judgement(judged, found=True) + own[at:]


def _judgement(judged: Sequence[Judgement], *, found: bool) -> str:
    missed = not found or any(not each.passed for each in judged)
    rows = "".join(map(_row, sorted(judged, key=lambda each: each.passed)))
    table = _table(("observable", "value", "allowed", "verdict"), rows) if judged else ""
    return (
        f'<section class="judged{" missed" * missed}" aria-label="Verdict"><style>{_STYLE}</style>'
        f"<p>{html.escape(verdict(judged, found=found))}</p><div>{table}</div></section>"
    )


def _row(each: Judgement) -> str:
    said = "<td>passed</td>" if each.passed else '<td class="missed">missed</td>'
    return f"<tr>{_cell(each.observable, 'th')}{_number(each.value)}{_cell(each.allowed)}{said}</tr>"


def _table(heads: Sequence[str], rows: str) -> str:
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(text: str, tag: str = "td") -> str:
    scope = ' scope="row"' if tag == "th" else ""
    return f"<{tag}{scope}>{html.escape(text)}</{tag}>"


def _number(value: float) -> str:
    return f'<td title="{value!r}">{value:.6g}</td>'
