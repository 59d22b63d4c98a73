# SPDX-License-Identifier: Apache-2.0
"""A row of a table is a rule: where it looks, what it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kfp_katib.experiment.problem import MOST_FINDINGS
from kfp_katib.experiment.rules.paths import Part
from kfp_katib.experiment.rules.rule import (
    above,
    absent,
    again,
    among,
    below,
    error,
    missing,
    none_of,
    row,
    several,
    warning,
)
from kfp_katib.experiment.rules.view import View


@pytest.mark.parametrize(
    ("wrong", "faults", "sound"),
    [
        (absent, [None], ["", 0, []]),
        (missing, [None, "", 0, []], ["a", 1]),
        (among("a", True), ["a", True], ["b", None, [], {}]),
        (none_of("a"), ["b", None, []], ["a"]),
        (below(1), [0, -1], [1, None]),
        (above(1), [2], [1, None]),
    ],
)
def test_what_is_a_fault(
    wrong: Callable[[object], object], faults: list[object], sound: list[object]
) -> None:
    """A missing value is None."""
    assert all(wrong(value) for value in faults)
    assert not any(wrong(value) for value in sound)


def test_a_row_says_where_and_what() -> None:
    """Of every owner and every field, with what stands there."""
    check = row(
        error("a-b", "A."),
        "spec.a[]",
        "b c.d",
        missing,
        "{owner[n]} has no {name}.",
        "Add {name}.",
    )
    manifest = {"spec": {"a": [{"n": "x", "b": 1}, {"b": ""}, {"n": "z", "b": 1, "c": {"d": 1}}]}}
    found = [(problem.path, problem.message, problem.fix) for problem in check(View(manifest, manifest))]
    assert found == [
        ("spec.a[0].c.d", "x has no d.", "Add d."),
        ("spec.a[1].b", "None has no b.", "Add b."),
        ("spec.a[1].c.d", "None has no d.", "Add d."),
    ]


def test_a_row_quotes_only_what_was_written() -> None:
    """A default is called one, and a field that is not there is missing."""
    check = row(error("a-b", "A."), "spec", "a b c", none_of("right"), "{name} is '{value}'.", "Mend it.")
    given = {"spec": {"a": "wrong", "b": ""}}
    view = View({"spec": {"a": "wrong", "b": "", "c": "usual"}}, given)
    assert [problem.message for problem in check(view)] == [
        "a is 'wrong'.",
        "b is missing.",
        "c is not set, which means usual.",
    ]


@pytest.mark.parametrize(
    ("value", "meant"), [("righ", "right"), ("RIGHT", "right"), ("rig", "right"), ("x", None), (None, None)]
)
def test_the_word_that_was_meant_is_the_mend(value: str | None, meant: str | None) -> None:
    """Where one is near."""
    check = row(error("a-b", "A."), "spec", "a", none_of("right", "left"), "'{value}'", "Mend it.")
    (problem,) = check(View({"spec": {"a": value}}, {}))
    assert problem.fix == (f"Write {meant}." if meant else "Mend it.")


def test_a_row_may_not_apply() -> None:
    """Then nobody looks."""
    check = row(warning("a-b", "A."), "", "b", missing, "", "", when=lambda view: "a" in view.manifest)
    assert list(check(View({}, {}))) == []


def test_the_first_hundred_findings_say_enough() -> None:
    """However many there are."""
    manifest: Part = {"a": [{} for _ in range(2 * MOST_FINDINGS)]}
    found = list(row(error("a-b", "A."), "a[]", "b", missing, "m", "f")(View(manifest, manifest)))
    assert len(found) == MOST_FINDINGS


def test_what_stands_again() -> None:
    """Nothing is no name that stands twice."""
    pairs = [("0", "a"), ("1", ""), ("2", "a"), ("3", ""), ("4", "a")]
    assert list(again(pairs)) == [("2", "a"), ("4", "a")]
    assert list(several(["a", "b", "a", "a"])) == ["a"]
