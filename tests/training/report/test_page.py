# SPDX-License-Identifier: Apache-2.0
"""The page holds a whole evaluation in one file, and takes nothing of it for markup."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.support.html import Element, read
from tests.training.report.made import COSTS, CURVES, FACTS, comparison, evaluation
from tests.training.report.reading import cells, data
from training.geometry import Point
from training.physics.compare import Comparison, Evaluation
from training.physics.curves import Curve
from training.physics.observables import Estimate
from training.report.page import page

ATTACK = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&{{ 7 * 7 }}<b>"
LOADING = ("src", "href", "srcset", "data", "action", "poster", "background")


def grid() -> list[Comparison]:
    """The 110 points of the published set, in no order of size."""
    points = [
        Point(geometry, angle, 2.0**power)
        for geometry in ("SiW", "SciPb")
        for power in reversed(range(11))
        for angle in (90.0, 50.0, 60.0, 70.0, 80.0)
    ]
    return [comparison(point) for point in points]


def test_the_table_has_the_numbers_of_the_evaluation() -> None:
    """One table of all points: the objective first, each number with its error, and the ratio."""
    tree = read(page(evaluation()))
    (table,) = tree.all("table", id="metrics")
    assert cells(table) == [
        ["Observable", "Model", "Floor", "Ratio"],
        ["physics distance", "0.1235 ± 0.0046", "0.02001 ± 0.00023", "6.17 ± 0.24"],
        ["energy", "0.0512 ± 0.0021", "0.0107 ± 0.0019", "4.79 ± 0.87"],
    ]


def test_costs_and_metadata_have_tables_of_their_own() -> None:
    """Three digits of what was measured, the metadata word for word."""
    tables = {table.all("caption")[0].text: cells(table) for table in read(page(evaluation())).all("table")}
    costs = [value for _, value in tables["Costs on one core"]]
    assert costs == ["0.312 ms", "0.0123 ms", "16.4 MB", "96.0 MB"]
    assert tables["Metadata"] == [[name, value] for name, value in FACTS.items()]
    assert len(costs) == len(COSTS)


@pytest.mark.parametrize(
    ("simulation", "notes"),
    [("", []), ("/eos/showers", ["Full simulation: /eos/showers."])],
    ids=["", "told"],
)
def test_where_full_simulation_came_from_stands_at_the_top(simulation: str, notes: list[str]) -> None:
    """A parametrisation that stands in for it must not pass for it."""
    (header,) = read(page(replace(evaluation(), simulation=simulation))).all("header")
    assert [note.text for note in header.all("p", **{"class": "note"})] == notes


def test_every_curve_has_a_figure_and_a_ratio() -> None:
    """The same curves of every point."""
    tree = read(page(evaluation([comparison(), comparison(Point("SiW", 90.0, 128.0))])))
    titles = [figure.all("strong")[0].text for figure in tree.all("figure")]
    assert titles[:2] == ["Longitudinal profile", "Cell energies"]
    drawn = [drawn for point in data(tree)["points"] for drawn in point["curves"]]
    assert [drawn["name"] for drawn in drawn] == titles[:2] * 2
    for one in drawn:
        assert one["ratios"]["generated"][0] == [1.5, 1.0, 0.5]
        assert one["ratios"]["floor"][0] == [1.0, 1.0, 1.0]


def test_correlations_are_the_lower_triangles_in_percent() -> None:
    """The matrices are symmetric, and there are two of every point."""
    (point,) = data(read(page(evaluation())))["points"]
    assert point["correlations"] == {
        "layers": 3,
        "full": [100, 25, 100, 25, 25, 100],
        "generated": [50, 12, 50, 12, 12, 50],
    }


@pytest.mark.parametrize(
    ("curves", "shown"),
    [(None, False), (CURVES, True)],
    ids=["none", "three epochs"],
)
def test_learning_curves_are_shown_where_there_are_any(curves: str | None, *, shown: bool) -> None:
    """Of a single ONNX file there are none."""
    tree = read(page(evaluation(), curves=curves))
    assert ("Training" in [heading.text for heading in tree.all("h2")]) == shown
    assert (data(tree)["learning"] is not None) == shown


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(evaluation([comparison(curves=[])]), id="no curve"),
        pytest.param(
            replace(evaluation(), metrics={**evaluation().metrics, "energy": Estimate(math.nan, math.nan)}),
            id="a distance that is none",
        ),
        pytest.param(evaluation([comparison(Point("SiW", 90.0, 1.0, 1000.0))]), id="a range of energies"),
        pytest.param(evaluation([comparison(layers=1)]), id="one layer"),
    ],
)
def test_a_page_does_not_break_for_what_is_missing(given: Evaluation) -> None:
    """It says what there is."""
    tree = read(page(given))
    assert tree.all("h1")
    assert len(data(tree)["points"]) == 1
    assert "None" not in tree.all("main")[0].text
    assert "nan" not in tree.all("main")[0].text


def test_a_point_alone_is_not_chosen() -> None:
    """Its name stands where the chooser would."""
    tree = read(page(evaluation()))
    assert all("hidden" in label.attributes for label in tree.all("label"))
    assert tree.all("output")[0].text == "SiW, 64 GeV, 90°: 1,000 showers"
    assert tree.all("button", id="worst") == []


def test_geometry_energy_and_angle_are_chosen_each_by_size() -> None:
    """With the browser's own lists, which a keyboard reaches."""
    tree = read(page(evaluation(grid())))
    choices = {
        select.attributes["name"]: [option.text for option in select.all("option")]
        for select in tree.all("select")
    }
    assert choices["Geometry"] == ["SiW", "SciPb"]
    assert choices["Energy"] == [f"{2**power} GeV" for power in range(11)]
    assert choices["Angle"] == ["50°", "60°", "70°", "80°", "90°"]
    assert [label.attributes.get("hidden", "shown") for label in tree.all("label")] == ["shown"] * 3
    assert data(tree)["points"][0]["choice"] == ["SiW", "1024 GeV", "90°"]


def test_110_points_of_the_full_mesh_stay_below_12_megabytes() -> None:
    """Measured: 10.9 MB, of which plotly.js is 4.8; 3.5 MB as a web server would compress it."""
    random = np.random.default_rng(0)

    def full_size(one: Comparison) -> Comparison:
        edges = np.linspace(0, 1.2, 51)
        measured = []
        for number in range(12):
            first, second, third = ((values[0], values[1]) for values in random.random((3, 2, 50)))
            measured.append(Curve(f"Curve {number}", "z (mm)", "share", edges, first, second, third))
        layers = [np.asarray(np.corrcoef(random.random((45, 60)))) for _ in range(2)]
        return replace(
            one, curves=tuple(measured), correlations_full=layers[0], correlations_generated=layers[1]
        )

    text = page(evaluation([full_size(one) for one in grid()]))
    assert 5e6 < len(text.encode()) < 12e6
    assert len(read(text).all("figure")) == 12 + 3


def test_the_page_needs_no_network() -> None:
    """No element loads anything, and plotly.js stands in it once."""
    text = page(evaluation(), curves=CURVES)
    tree = read(text)
    assert [name for element in tree for name in element.attributes if name in LOADING] == []
    assert tree.all("link") == []
    assert text.count("plotly.js v") == 1
    assert "url(" not in tree.all("style")[0].text
    assert "@import" not in tree.all("style")[0].text


def test_nothing_of_an_evaluation_becomes_markup() -> None:
    """Names of curves, observables, points and metadata come from files; they stay text."""
    hostile = replace(
        evaluation([_named(comparison(Point(ATTACK, 90.0, 64.0)), ATTACK), _named(comparison(), ATTACK)]),
        metrics={"physics_distance": Estimate(1.0), ATTACK: Estimate(1.0)},
        floor={"physics_distance": Estimate(1.0), ATTACK: Estimate(1.0)},
        facts={ATTACK: ATTACK, "mesh": ATTACK},
        simulation=ATTACK,
    )
    tree = read(page(hostile, curves=CURVES))
    harmless = read(page(evaluation(), curves=CURVES))
    for tag in ("script", "img", "b"):
        assert len(tree.all(tag)) == len(harmless.all(tag))
    assert [name for element in tree for name in element.attributes if name.startswith("on")] == []
    assert data(tree)["points"][0]["curves"][0]["name"] == ATTACK
    assert "{{ 7 * 7 }}" in tree.all("p", **{"class": "verdict"})[0].text


def _named(one: Comparison, name: str) -> Comparison:
    named = replace(one.curves[0], name=name, x_label=name, y_label=name)
    distances = {"physics_distance": Estimate(1.0), name: Estimate(1.0)}
    return replace(one, curves=(named,), differences=distances, floor=distances)


def test_headings_and_tables_are_what_a_screen_reader_needs() -> None:
    """Levels without a gap, captions, heads with a scope, named figures, controls and regions."""
    tree = read(page(evaluation(grid()[:3]), curves=CURVES))
    assert tree.all("html")[0].attributes["lang"] == "en"
    levels = [int(element.tag[1]) for element in tree if element.tag in ("h1", "h2", "h3")]
    assert levels == [1, *[2] * (len(levels) - 1)]
    for table in tree.all("table"):
        assert table.all("caption")[0].text
        assert all(head.attributes.get("scope") in ("row", "col") for head in table.all("th"))
    assert all(label.text and label.all("select") for label in tree.all("label"))
    named: Sequence[Element] = [*tree.all(role="img"), *tree.all(role="region"), *tree.all("form")]
    assert all(element.attributes.get("aria-label") for element in named)
    ids = [element.attributes["id"] for element in tree if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    assert {section.attributes["aria-labelledby"] for section in tree.all("section")} <= set(ids)
