# SPDX-License-Identifier: Apache-2.0
"""How a feasible space becomes coordinates, and coordinates the text of an assignment."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from statistics import mean, stdev

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from optuna.distributions import distribution_to_json, json_to_distribution

from kfp_katib.engines.local.search.space import Numbers, dimension
from kfp_katib.experiment.model import Distribution, FeasibleSpace, Parameter
from tests.builders.experiment import double, integer, one_of

UNITS = st.floats(0.0, 1.0)
EVENLY = [(i + 0.5) / 4000 for i in range(4000)]


@st.composite
def numeric_parameters(draw: st.DrawFn) -> Parameter:
    """Any int or double parameter that Katib and its own rules let pass."""
    kind = draw(st.sampled_from(["int", "double"]))
    shape: Distribution = draw(st.sampled_from(["uniform", "logUniform", "normal", "logNormal"]))
    lowest = (1 if kind == "int" else 1e-6) if shape.startswith("log") else -1000
    if kind == "int":
        low = draw(st.integers(int(lowest), 500))
        high = draw(st.integers(low, 1000))
        stride = draw(st.none() | st.integers(1, 40))
        return integer("p", str(low), str(high), str(stride or ""), shape)
    low, high = sorted(draw(st.tuples(*[st.floats(lowest, 1000, allow_subnormal=False)] * 2)))
    step = draw(st.none() | st.decimals("0.001", "100", places=3))
    assume(high == low or (high - low) > 1e-9 * max(abs(high), abs(low)))
    return double("p", repr(low), repr(high), str(step or ""), shape)


@given(numeric_parameters(), UNITS)
def test_no_coordinate_leaves_the_feasible_space(parameter: Parameter, unit: float) -> None:
    """Whatever the distribution, the text lies between min and max, and on the lattice `min + k * step`."""
    dim = dimension(parameter)
    text = dim.text(dim.at(unit))
    low, high = Decimal(parameter.space.min), Decimal(parameter.space.max)
    assert low <= Decimal(text) <= high
    if parameter.type == "int":
        assert str(int(text)) == text
    if parameter.space.step:
        steps = (Decimal(text) - low) / Decimal(parameter.space.step)
        assert steps == pytest.approx(round(steps), abs=1e-9)


@given(numeric_parameters(), UNITS)
def test_the_study_takes_every_value(parameter: Parameter, unit: float) -> None:
    """Optuna's distribution of a dimension contains each of its values, and gives the same one back."""
    dim = dimension(parameter)
    value = dim.at(unit)
    stored = json_to_distribution(json.dumps(dim.distribution()))
    assert distribution_to_json(stored) == json.dumps(dim.distribution())
    assert dim.stored(value) == stored.to_internal_repr(value)
    assert dim.value(dim.stored(value)) == stored.to_external_repr(stored.to_internal_repr(value))
    assert stored._contains(stored.to_internal_repr(value))
    assert dim.text(stored.to_external_repr(stored.to_internal_repr(value))) == dim.text(value)


@given(numeric_parameters(), UNITS)
def test_a_value_lies_where_it_came_from(parameter: Parameter, unit: float) -> None:
    """`unit` is the inverse of `at`: it leads back to the same value."""
    dim = dimension(parameter)
    assert isinstance(dim, Numbers)
    value = dim.at(unit)
    again = dim.text(dim.at(dim.unit(value)))
    if dim.lattice.step is not None or dim.count == 1:
        assert again == dim.text(value)
    else:
        assert float(again) == pytest.approx(float(dim.text(value)), rel=1e-6, abs=1e-6)


@given(numeric_parameters())
def test_a_lattice_lists_its_values_in_order(parameter: Parameter) -> None:
    """`nth` runs from min upwards, one value for each of `count`, none above max."""
    dim = dimension(parameter)
    assume(dim.count is not None and dim.count <= 200)
    values = [Decimal(dim.text(dim.nth(index))) for index in range(dim.count or 0)]
    assert values[0] == Decimal(parameter.space.min)
    assert values == sorted(set(values))
    assert values[-1] <= Decimal(parameter.space.max)


@pytest.mark.parametrize(
    ("parameter", "texts"),
    [
        pytest.param(double("p", "0.1", "0.5", "0.2"), ["0.1", "0.3", "0.5"], id="max is on the lattice"),
        pytest.param(double("p", "0.1", "0.6", "0.2"), ["0.1", "0.3", "0.5"], id="max is beside it"),
        pytest.param(double("p", "0", "0.3", "0.1"), ["0.0", "0.1", "0.2", "0.3"], id="tenths"),
        pytest.param(double("p", "1", "1", "0.1"), ["1.0"], id="one point"),
        pytest.param(double("p", "1e-5", "3e-5", "1e-5"), ["1e-05", "2e-05", "3e-05"], id="small doubles"),
        pytest.param(integer("p", "1", "4"), ["1", "2", "3", "4"], id="an int has step 1"),
        pytest.param(integer("p", "1", "10", "4"), ["1", "5", "9"], id="stepped int"),
        pytest.param(one_of("p", "adam", "sgd"), ["adam", "sgd"], id="list"),
        pytest.param(
            Parameter("p", "discrete", FeasibleSpace(list=("1.0", "2"))), ["1.0", "2"], id="discrete"
        ),
    ],
)
def test_text_is_what_katib_prints(parameter: Parameter, texts: list[str]) -> None:
    """Doubles as Python's shortest text, without float error; ints without a point; lists verbatim."""
    dim = dimension(parameter)
    assert [dim.text(dim.nth(index)) for index in range(dim.count or 0)] == texts


@pytest.mark.parametrize(
    "parameter",
    [
        pytest.param(integer("p", "1", "5"), id="int"),
        pytest.param(double("p", "0", "1", "0.25"), id="stepped double"),
        pytest.param(one_of("p", "a", "b", "c", "d", "e"), id="list"),
    ],
)
def test_every_value_of_a_uniform_lattice_has_the_same_share(parameter: Parameter) -> None:
    """The two ends too, which hyperopt's quantised uniform gives half of what the others get."""
    dim = dimension(parameter)
    assert set(Counter(dim.text(dim.at(unit)) for unit in EVENLY).values()) == {800}


@pytest.mark.parametrize(
    ("distribution", "low", "high", "middle"),
    [
        pytest.param("uniform", "0", "100", 50.0, id="uniform"),
        pytest.param("logUniform", "0.01", "100", 1.0, id="logUniform"),
        pytest.param("normal", "0", "100", 50.0, id="normal"),
        pytest.param("logNormal", "0.01", "100", 1.0, id="logNormal"),
    ],
)
def test_half_of_the_values_lie_below_the_middle_of_the_scale(
    distribution: Distribution, low: str, high: str, middle: float
) -> None:
    """The middle is arithmetic, or geometric for the logarithmic distributions."""
    dim = dimension(double("p", low, high, distribution=distribution))
    assert float(dim.text(dim.at(0.5))) == pytest.approx(middle)


def test_normal_has_a_sixth_of_the_range_as_deviation() -> None:
    """Mean (a + b) / 2, standard deviation (b - a) / 6, as Katib's hyperopt service has them."""
    dim = dimension(double("p", "0", "60", distribution="normal"))
    values = [float(dim.text(dim.at(unit))) for unit in EVENLY]
    assert mean(values) == pytest.approx(30)
    assert stdev(values) == pytest.approx(10, rel=0.02)


@pytest.mark.parametrize(
    ("parameter", "label"),
    [
        pytest.param(double("p", "0", "1"), "p", id="uniform"),
        pytest.param(double("p", "1", "2", distribution="logUniform"), "p", id="logUniform"),
        pytest.param(double("p", "1", "2", "0.1", "logUniform"), "p (quantile)", id="logUniform with step"),
        pytest.param(integer("p", "1", "9", distribution="normal"), "p (quantile)", id="normal"),
    ],
)
def test_the_study_says_where_it_holds_quantiles(parameter: Parameter, label: str) -> None:
    """Where Optuna has no such distribution, the name in the study says what the numbers are."""
    assert dimension(parameter).label == label


@pytest.mark.parametrize("low", ["0", "-0", "-1"])
@pytest.mark.parametrize(
    ("algorithm", "shape", "least"),
    [
        ("multivariate-tpe", "logUniform", 1e-10),
        ("grid", "logUniform", 1e-10),
        ("sobol", "logUniform", None),
        ("cmaes", "logNormal", None),
    ],
)
def test_a_logarithm_from_zero_or_below(
    low: str, algorithm: str, shape: Distribution, least: float | None
) -> None:
    """It starts where Katib's service starts it; a service without logarithms draws uniformly."""
    dim = dimension(double("p", low, "1", distribution=shape), algorithm)
    assert float(dim.text(dim.at(0.0))) == (float(low) if least is None else least)
    assert float(dim.text(dim.at(0.5))) == pytest.approx((float(low) + 1) / 2 if least is None else 1e-5)


def test_a_logarithm_that_ends_before_it_could_start() -> None:
    """One value is left."""
    dim = dimension(double("p", "0", "1e-11", distribution="logUniform"), "multivariate-tpe")
    assert dim.text(dim.at(0.5)) == "1e-11"


@pytest.mark.parametrize("high", ["0", "-1"])
@pytest.mark.parametrize("algorithm", ["multivariate-tpe", "grid"])
def test_a_range_without_any_logarithm(algorithm: str, high: str) -> None:
    """There is nowhere to start: Katib's service fails on it, and here it is uniform."""
    dim = dimension(integer("p", "-5", high, distribution="logUniform"), algorithm)
    assert [dim.text(dim.at(unit)) for unit in (0.0, 1.0)] == ["-5", high]
    assert not dim.distribution()["attributes"]["log"]
