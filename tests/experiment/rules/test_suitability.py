# SPDX-License-Identifier: Apache-2.0
"""A space that suits its algorithm gets no warning that another algorithm's would."""

from __future__ import annotations

from kfp_katib.experiment import check
from tests.builders.manifest import changed
from tests.builders.valid import VALID

EPOCHS = "spec.parameters[1].feasibleSpace.max"


def test_the_range_of_hyperbands_resource_may_have_one_value() -> None:
    """Its plan sets the resource, whatever the range; another parameter of one value is searched in vain."""
    assert check(changed(VALID["hyperband"](), {EPOCHS: "1"})) == ()
    other = changed(VALID["hyperband"](), {"spec.parameters[0].feasibleSpace.max": "0.1"})
    assert [each.rule for each in check(other)] == ["min-equals-max"]
