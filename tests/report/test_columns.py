# SPDX-License-Identifier: Apache-2.0
"""Tables that fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.report.columns import Column, aligned, cut, fitting, head, rows, wide

NAME = Column("trial", ["tune-1", "tune-12"], needed=True)
TIME = Column("time", ["1 s", "3 min 2 s"], needed=True)


def test_columns_stand_below_their_names() -> None:
    """Two blanks between them, none at the end of a line."""
    assert head([NAME, TIME]) == ["trial    time"]
    assert rows([NAME, TIME]) == ["tune-1   1 s", "tune-12  3 min 2 s"]


def test_a_long_name_takes_several_lines_and_a_long_cell_is_cut() -> None:
    """So that one of them does not take the place of all others."""
    column = Column("learning_rate_of_the_generator", ["x" * 30])
    assert head([column, TIME]) == ["learning_", "rate_of_the_", "generator                 time"]
    assert rows([column]) == ["x" * 23 + "…"]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("lr", ["lr"]),
        ("batch_size", ["batch_size"]),
        ("batch_size_max", ["batch_size_", "max"]),
        ("the learning rate", ["the learning", "rate"]),
        ("physics.distance", ["physics.", "distance"]),
        ("x" * 30, ["x" * 12, "x" * 12, "x" * 6]),
        ("", [""]),
    ],
)
def test_a_name_is_broken_where_it_has_parts(name: str, lines: list[str]) -> None:
    """Elsewhere only where it must be."""
    assert Column(name, []).head == lines


def test_what_does_not_fit_is_left_out_and_named() -> None:
    """From the right; what is needed stays."""
    columns = [NAME, *(Column(name, ["0.123456"] * 2) for name in ("lr", "dropout", "momentum")), TIME]
    shown, left_out = fitting(columns, 40)
    assert [each.name for each in shown] == ["trial", "lr", "dropout", "time"]
    assert left_out == ["momentum"]
    assert max(map(len, rows(shown))) <= 40


def test_a_narrow_column_may_fit_where_a_wide_one_does_not() -> None:
    """No room is wasted."""
    shown, left_out = fitting([NAME, Column("a", ["x" * 24] * 2), Column("b", ["1"] * 2)], 20)
    assert ([each.name for each in shown], left_out) == (["trial", "b"], ["a"])


@given(st.lists(st.text(max_size=30), min_size=1, max_size=8), st.integers(1, 120))
def test_no_line_is_wider_than_allowed(cells: list[str], width: int) -> None:
    """Whatever the cells hold, unless what is needed is wider already."""
    columns = [Column("a", ["1"], needed=True), *(Column(text, [text]) for text in cells)]
    shown, left_out = fitting(columns, width)
    assert len(shown) + len(left_out) == len(columns)
    assert all(wide(line) <= width for line in [*head(shown), *rows(shown)])


def test_wide_characters_are_counted_as_a_terminal_does() -> None:
    """Two columns for an ideograph, none for an accent."""
    assert (wide("学习"), wide("e\N{COMBINING ACUTE ACCENT}")) == (4, 1)
    assert cut("学习学习", 6) == "学习…"


def test_names_that_are_copied_are_not_cut() -> None:
    """Each column is as wide as its widest cell, an ideograph counted twice."""
    name = "x" * 60
    lines = aligned([("name", "best"), (name, "0.1"), ("検索", "0.25")])
    assert lines == [f"name{' ' * 58}best", f"{'-' * 60}  ----", f"{name}  0.1", f"検索{' ' * 58}0.25"]
