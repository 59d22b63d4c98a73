# SPDX-License-Identifier: Apache-2.0
"""The trials as a pandas DataFrame: the columns of the CSV, with types instead of text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kfp_katib.errors import InputError
from kfp_katib.results.table import METRIC, PARAMETER, columns, row
from kfp_katib.results.trials import Trial
from kfp_katib.results.values import go_float, typed

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped]

    from kfp_katib.experiment.model import Experiment, Parameter

_TYPES = {
    "started": "datetime64[ns, UTC]",
    "ended": "datetime64[ns, UTC]",
    "seconds": "float64",
    "exit_code": "Int64",
    "objective": "float64",
}
_LARGEST = 2**63


def dataframe(experiment: Experiment, trials: Sequence[Trial]) -> pandas.DataFrame:
    """One row for each trial, as `Result.dataframe` says.

    Raises:
        InputError: pandas is not installed.
    """
    try:
        import pandas
    except ImportError as err:
        raise InputError(
            "Result.dataframe() needs pandas, which is not installed here: pip install pandas. Without it, "
            "kfp_katib.results.trials_csv(result) gives the same table as text."
        ) from err
    known = {parameter.name: parameter for parameter in experiment.parameters}
    rows, texts = [row(trial, experiment) for trial in trials], experiment.objective.texts
    return pandas.DataFrame(
        {
            name: pandas.Series(values := _values(name, rows, known), dtype=_type(name, values, texts=texts))
            for name in columns(experiment, trials)
        }
    )


def _values(name: str, rows: Sequence[Mapping[str, Any]], known: Mapping[str, Parameter]) -> list[Any]:
    """A column's values; None where a trial has none."""
    cells = [each.get(name) for each in rows]
    if name.startswith(PARAMETER):
        parameter = known.get(name.removeprefix(PARAMETER))
        return [None if text is None else typed(text, parameter) for text in cells]
    if name.startswith(METRIC):
        return [_number(text) for text in cells]
    return cells


def _number(text: str | None) -> float:
    """A metric's value, NaN where it is no number."""
    try:
        return math.nan if text is None else go_float(text)
    except ValueError:
        return math.nan


def _type(name: str, values: Sequence[Any], *, texts: bool) -> str | None:
    """The column's type: whole numbers stay whole beside a missing one; None for text."""
    if name == "objective" and texts:
        return "object"
    if name.startswith(METRIC):
        return "float64"
    if not name.startswith(PARAMETER):
        return _TYPES.get(name, "object")
    there = [value for value in values if value is not None]
    if not there or any(isinstance(value, str) for value in there):
        return "object"
    if any(isinstance(value, float) for value in there):
        return "float64"
    if any(abs(value) >= _LARGEST for value in there):
        return "object"
    return "Int64" if len(there) < len(values) else "int64"
