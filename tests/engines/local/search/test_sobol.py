# SPDX-License-Identifier: Apache-2.0
"""Sobol's sequence covers the space evenly, by the points of Katib's own service."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from scipy.stats import qmc

from kfp_katib.engines.local.search.suggestions import Suggestions
from tests.builders.experiment import double, integer
from tests.engines.local.search.searching import asked, end, experiment, run, search
from tests.places import DATA

POINTS: Mapping[str, Sequence[Sequence[float]]] = json.loads((DATA / "katib_sobol.json").read_text())
"""The first 50 points that the goptuna service of Katib 0.19 suggests on the unit cube, by its dimensions."""
SQUARE = (double("b", "0", "1"), double("a", "0", "1"))


def found(suggestions: Suggestions, count: int) -> list[list[float]]:
    """The next points, each with its coordinates by the parameters' names."""
    trials = run(suggestions, count, lambda texts: 1.0)
    return [[float(texts[name]) for name in sorted(texts)] for texts in trials]


def points(algorithm: str, count: int, seed: str = "1") -> list[list[float]]:
    """The first points of an algorithm on the unit square."""
    settings = {"random_state": seed} if algorithm == "random" else {}
    return found(search(experiment(algorithm, SQUARE, settings=settings)), count)


def test_its_discrepancy_is_below_that_of_random() -> None:
    """For 32 points, against the most even of ten random searches."""
    even = qmc.discrepancy(points("sobol", 32))
    assert even < min(qmc.discrepancy(points("random", 32, str(seed))) for seed in range(10))


@pytest.mark.parametrize("dimensions", POINTS)
def test_its_points_are_those_of_katib(dimensions: str) -> None:
    """In all coordinates, which are given to the parameters by their names."""
    space = [double(f"x{place:02}", "0", "1") for place in reversed(range(int(dimensions)))]
    assert found(search(experiment("sobol", space)), 50) == POINTS[dimensions]


def test_an_int_reaches_its_max() -> None:
    """Goptuna's integers never do."""
    trials = run(search(experiment("sobol", (integer("x", "1", "4"),))), 8, lambda texts: 1.0)
    assert {texts["x"] for texts in trials} == {"1", "2", "3", "4"}


def of_0_1(count: int) -> list[list[float]]:
    """The points of the square up to version 0.1.1, without the first."""
    sequence = qmc.Sobol(2, scramble=False)
    sequence.fast_forward(1)
    return [list(map(float, point)) for point in sequence.random(count)]


def begun(folder: Path, trials: Sequence[Sequence[float]]) -> Suggestions:
    """A search whose trials so far were these."""
    suggestions = search(experiment("sobol", SQUARE), folder)
    suggestions.enqueue([{"a": str(a), "b": str(b)} for a, b in trials])
    for _ in trials:
        end(suggestions, asked(suggestions).number, 1.0)
    journal = folder / "search" / "journal"
    journal.write_text(journal.read_text().replace('"kfp-katib:enqueued":', '"kfp-katib:was":'))
    return search(experiment("sobol", SQUARE), folder)


@pytest.mark.filterwarnings("ignore:The balance properties:UserWarning")
@pytest.mark.parametrize("before", [4, 9, 30])
def test_a_search_of_an_earlier_version_goes_on_by_its_own_sequence(tmp_path: Path, before: int) -> None:
    """Up to 0.1.1 it was another one, of which every point comes once, whenever the search is interrupted."""
    one_more = found(begun(tmp_path, of_0_1(before)), 1)
    rest = found(search(experiment("sobol", SQUARE), tmp_path), 50 - before - 1)
    assert [*one_more, *rest] == of_0_1(50)[before:]


@pytest.mark.parametrize("before", [1, 3, 30])
def test_a_search_that_was_interrupted_goes_on_with_katibs_points(tmp_path: Path, before: int) -> None:
    """Also where its first points are those of an earlier version, too."""
    assert found(search(experiment("sobol", SQUARE), tmp_path), before) == POINTS["2"][:before]
    assert found(search(experiment("sobol", SQUARE), tmp_path), 50 - before) == POINTS["2"][before:]


def test_points_that_a_user_gave_use_up_none(tmp_path: Path) -> None:
    """Neither do they say that the search began by another sequence."""
    suggestions = search(experiment("sobol", SQUARE), tmp_path)
    suggestions.enqueue([{"a": "0.1", "b": "0.2"}])
    assert found(suggestions, 3)[1:] == POINTS["2"][:2]
    assert found(search(experiment("sobol", SQUARE), tmp_path), 10) == POINTS["2"][2:12]


@pytest.mark.parametrize("text", ["any", "1.5", "9" * 5_000], ids=["words", "a fraction", "5,000 digits"])
def test_a_random_state_of_any_text_is_ignored(text: str) -> None:
    """Katib's service reads none, so that the rules let any pass."""
    assert found(search(experiment("sobol", SQUARE, settings={"random_state": text})), 3) == POINTS["2"][:3]
