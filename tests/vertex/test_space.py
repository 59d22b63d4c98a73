# SPDX-License-Identifier: Apache-2.0
"""A search parameter in Vertex AI's words, and its values back in Katib's."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.errors import InputError
from kfp_katib.experiment.lattice import lattice
from kfp_katib.experiment.model import Distribution, FeasibleSpace, Parameter
from kfp_katib.vertex.space import katib_text, misfits, parameter_spec
from tests.builders.experiment import double, integer, one_of


def discrete(*texts: str) -> Parameter:
    """A discrete parameter."""
    return Parameter("p", "discrete", FeasibleSpace(list=texts))


def span(low: float, high: float, kind: str = "double") -> dict[str, Any]:
    """Vertex AI's JSON of a range."""
    return {f"{kind}_value_spec": {"min_value": low, "max_value": high}}


def among(*values: float) -> dict[str, Any]:
    """Vertex AI's JSON of numbers that are listed one by one."""
    return {"discrete_value_spec": {"values": list(values)}}


LOG: Distribution = "logUniform"
SPECS = [
    (double("p", "0.1", "1e0"), "LINEAR", span(0.1, 1.0)),
    (double("p", "1e-4", "1", distribution=LOG), "LOG", span(1e-4, 1.0)),
    (double("p", "0.1", "0.3", "0.1", LOG), "LOG", among(0.1, 0.2, 0.3)),
    (integer("p", "-1", "+8"), "LINEAR", span(-1, 8, "integer")),
    (integer("p", "1", "8", "1", LOG), "LOG", span(1, 8, "integer")),
    (integer("p", "16", "70", "16"), "LINEAR", among(16, 32, 48, 64)),
    (discrete("64", "1e-3", "8.50"), "LINEAR", among(0.001, 8.5, 64)),
    (discrete("0.1", "0.10", "1e-1", "2"), "LINEAR", among(0.1, 2)),
    (double("p", "0", "0"), "LINEAR", among(0)),
    (integer("p", "3", "3"), "LINEAR", among(3)),
]


@pytest.mark.parametrize(("parameter", "scale", "spec"), SPECS)
def test_a_parameter_of_numbers(parameter: Parameter, scale: str, spec: dict[str, Any]) -> None:
    """A range stays a range; a step becomes a list in increasing order, and so does a single value."""
    assert parameter_spec(parameter) == {"parameter_id": "p", "scale_type": f"UNIT_{scale}_SCALE", **spec}


def test_categories_have_no_scale() -> None:
    """They stay text, in the manifest's order; a repeated one would be no other category."""
    spec = parameter_spec(one_of("p", "relu", "16", "", "relu"))
    assert spec == {"parameter_id": "p", "categorical_value_spec": {"values": ["relu", "16", ""]}}


def seen(value: float) -> list[str | float]:
    """What may come of a number: JSON's, a command line's with or without a point, and a rounded one."""
    return [value, json.loads(json.dumps(value)), repr(value), f"{value:.6g}", f"{value:.17g}"]


SHORT = st.builds("{}{}e-{}".format, st.sampled_from(["", "-"]), st.integers(0, 99999), st.integers(0, 9))
"""Numbers of few digits, spelled in many ways."""


@given(st.lists(SHORT, min_size=1, max_size=9), st.data())
def test_a_value_of_a_list_comes_back_as_it_stands_there(texts: list[str], data: st.DataObject) -> None:
    """`16.0` is the manifest's `16`; of several spellings of a number, the first one."""
    parameter = discrete(*texts)
    value = float(data.draw(st.sampled_from(texts)))
    first = next(text for text in texts if float(text) == value)
    assert list(misfits(parameter, "")) == []
    assert value in parameter_spec(parameter)["discrete_value_spec"]["values"]
    assert {katib_text(parameter, each) for each in seen(value)} == {first}


@given(st.integers(-999, 999), st.integers(1, 99), st.integers(0, 900), st.sampled_from("039"), st.data())
def test_a_value_of_a_lattice_comes_back_as_katib_writes_it(
    low: int, step: int, points: int, scale: str, data: st.DataObject
) -> None:
    """0.30000000000000004 is 0.3, and an int has no point."""
    start, end, width = (
        f"{each}e-{scale}" if scale != "0" else str(each) for each in (low, low + points * step, step)
    )
    parameter = (integer if scale == "0" else double)("p", start, end, width)
    text = str(lattice(parameter).nth(data.draw(st.integers(0, points))))
    assert list(misfits(parameter, "")) == []
    assert {katib_text(parameter, each) for each in seen(float(text))} == {text}


@given(st.integers(-(2**53), 2**53), st.integers(-(2**53), 2**53), st.data())
def test_an_int_comes_back_as_an_int(one: int, other: int, data: st.DataObject) -> None:
    """Up to the largest integer that floating point can tell from its neighbours."""
    low, high = sorted((one, other))
    value = data.draw(st.integers(low, high))
    parameter = integer("p", str(low), str(high))
    assert list(misfits(parameter, "")) == []
    forms = (value, float(value), str(value), f"{value}.0")
    assert {katib_text(parameter, each) for each in forms} == {str(value)}


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(0, 1))
def test_a_double_comes_back_in_its_shortest_form(one: float, other: float, share: float) -> None:
    """As Katib's services print it; the text is the very number."""
    low, high = sorted((one, other))
    value = min(max(low + share * (high - low), low), high)
    parameter = double("p", repr(low), repr(high))
    assert float(katib_text(parameter, value)) == value
    assert katib_text(parameter, repr(value)) == katib_text(parameter, value) == repr(value)


@given(st.lists(st.text(), min_size=1), st.data())
def test_a_category_comes_back_as_it_is(texts: list[str], data: st.DataObject) -> None:
    """Whatever it looks like."""
    text = data.draw(st.sampled_from(texts))
    assert katib_text(one_of("p", *texts), text) == text


@pytest.mark.parametrize(
    ("parameter", "value", "text"),
    [
        pytest.param(one_of("p", "16", "32"), 16.0, "16", id="a category that looks like a number"),
        pytest.param(one_of("p", "16", "32"), "32.0", "32", id="the same as text"),
        pytest.param(one_of("p", "1.0", "1"), "1", "1", id="of two that are alike the very one"),
        pytest.param(discrete("0", "1"), -0.0, "0", id="negative zero"),
        pytest.param(discrete("-0", "1"), "0", "-0", id="a manifest's negative zero"),
        pytest.param(discrete("1e-3", "0.1"), "0.001", "1e-3", id="an exponent"),
        pytest.param(double("p", "0.1", "0.5"), 0.5000000000000001, "0.5", id="a hair above max"),
        pytest.param(double("p", "0", "1"), 1, "1.0", id="a whole double"),
        pytest.param(double("p", "0.1", "0.5", "0.1"), 0.30000000000000004, "0.3", id="float error"),
        pytest.param(integer("p", "0", "9"), "1e0", "1", id="an int with an exponent"),
    ],
)
def test_what_floating_point_made_of_a_value(parameter: Parameter, value: str | float, text: str) -> None:
    """It is undone by the manifest."""
    assert katib_text(parameter, value) == text


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        (integer("p", "0", "9"), 2.5),
        (integer("p", "0", "9"), 10),
        (integer("p", "0", "9"), "four"),
        (integer("p", "0", "9"), "nan"),
        (integer("p", "0", "9"), 10**400),
        (double("p", "0.1", "0.5"), 0.6),
        (double("p", "0.1", "0.5"), "inf"),
        (double("p", "0.1", "0.5", "0.1"), 0.25),
        (discrete("16", "32"), 24),
        (one_of("p", "a", "b"), "c"),
        (one_of("p", "1.0", "1"), 1),
    ],
)
def test_a_value_of_another_search_is_refused(parameter: Parameter, value: str | float) -> None:
    """Guessing would give a trial parameters that nobody asked for."""
    with pytest.raises(InputError, match=r"the parameter 'p' the value .* does not: it has .* this manifest"):
        katib_text(parameter, value)


MISFITS = [
    (integer("a b", "0", "9"), r"name: The name is 'a b'\. Rename it"),
    (one_of("a=b", "x"), r"name: The name is 'a=b'\. Rename it"),
    (double("p", "0", "1", distribution="normal"), r"distribution: Vertex AI has no normal\. Take uniform"),
    (double("p", "1", "2", distribution="logNormal"), r"distribution: Vertex AI has no logNormal"),
    (double("p", "0", "1", distribution=LOG), r"feasibleSpace\.min: min is 0;.* above 0\. Raise it"),
    (integer("p", "-1", "8", "3", LOG), r"feasibleSpace\.min: min is -1;"),
    (integer("p", "0", str(2**53 + 1)), r"feasibleSpace\.max: max is 9007199254740993; beyond .* integers"),
    (double("p", "0", "1", "0.001"), r"step: It makes 1,001 values; .* takes 1,000.*larger, or leave"),
    (integer("p", "0", "1000000000", "2"), r"step: It makes 500,000,001 values"),
    (double("p", "0", "1", "1e-30"), r"step: It makes 1,000,.*,001 values"),
    (discrete(*map(str, range(1001))), r"list: It makes 1,001 values; .* List fewer"),
    (double("p", "0", "1e-9", "1e-11"), r"step: 0 and 1E-11 are closer together than .* 1e-10"),
    (double("p", "1e9", "1000000000.000000010", "1e-9"), r"step: .* are closer together"),
    (discrete("2e-11", "1", "1e-11"), r"list: 1E-11 and 2E-11 are closer .* categorical"),
    (discrete("1", "big"), r"list: 'big' is no number, .* Make the parameter categorical"),
]


@pytest.mark.parametrize(("parameter", "words"), MISFITS)
def test_what_vertex_ai_cannot_search_is_refused(parameter: Parameter, words: str) -> None:
    """By the field, the value and the mend."""
    (found,) = misfits(parameter, "spec.parameters[0]")
    assert found.path.startswith("spec.parameters[0].")
    assert re.search(words, f"{found.path}: {found.message} {found.fix}")


@pytest.mark.parametrize("parameter", [each[0] for each in SPECS] + [discrete(*map(str, range(1000)))])
def test_what_vertex_ai_can_search_is_let_pass(parameter: Parameter) -> None:
    """A thousand values, one value, and the same value thrice."""
    assert list(misfits(parameter, "")) == []
