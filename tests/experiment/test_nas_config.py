# SPDX-License-Identifier: Apache-2.0
"""What a search for neural architectures chooses from, typed."""

from __future__ import annotations

import pytest

from kfp_katib.errors import ManifestError
from kfp_katib.experiment import FeasibleSpace, Parameter, check, load
from kfp_katib.experiment.accepted import accepted
from kfp_katib.experiment.parts import NasConfig, Operation
from tests.builders.manifest import ABSENT, changed
from tests.builders.valid import darts, enas, random


def test_what_a_search_for_architectures_chooses_from() -> None:
    """Graph and operations are typed; such a search has no parameters, and for darts a text is a value."""
    width = Parameter("width", "categorical", FeasibleSpace(list=("3", "5")))
    expected = NasConfig(2, (32, 32, 3), (10,), (Operation("convolution", (width,)),))
    assert [(each.nas, each.parameters) for each in map(load, (enas(), darts()))] == [(expected, ())] * 2
    assert [load(make()).objective.texts for make in (enas, darts, random)] == [False, True, False]
    assert load(random()).nas is None


def test_a_nas_config_may_say_little() -> None:
    """An operation without parameters, a range without a distribution, a graph without sizes."""
    manifest = changed(
        darts(),
        {
            "spec.nasConfig.graphConfig": {"numLayers": 1},
            "spec.nasConfig.operations[1]": {"operationType": "skip_connection"},
        },
    )
    nas = load(manifest).nas
    assert nas is not None
    assert (nas.layers, nas.input_sizes, nas.operations[1]) == (1, (), Operation("skip_connection"))


@pytest.mark.parametrize(
    "field",
    ["operationType", "parameters[0].name", "parameters[0].parameterType", "parameters[0].feasibleSpace"],
)
def test_an_incomplete_operation_can_be_looked_at(field: str) -> None:
    """Katib's webhook lets it pass, so there may be such a search."""
    manifest = changed(enas(), {f"spec.nasConfig.operations[0].{field}": ABSENT})
    nas = accepted(manifest, name="it").nas
    assert nas is not None
    assert len(nas.operations[0].parameters) == 1
    with pytest.raises(ManifestError):
        load(manifest)


def test_steps_that_no_float_can_count_are_looked_at() -> None:
    """Bad content never raises."""
    space = {"min": "0", "max": "1000000000", "step": "1e-300"}
    rate = {"name": "rate", "parameterType": "double", "feasibleSpace": space}
    manifest = changed(enas(), {"spec.nasConfig.operations[0].parameters": [rate]})
    assert [each.rule for each in check(manifest)] == ["enas-cannot-learn"]
