# SPDX-License-Identifier: Apache-2.0
"""The real webhook refuses the empty values and odd quantities that we refuse, and takes the others."""

from __future__ import annotations

from typing import Any

import pytest

from kfp_katib.experiment.model import Manifest
from tests.engines.katib.live.katib import Katib
from tests.engines.katib.live.manifests import small
from tests.experiment.test_conversion import ACCEPTED, REFUSED, with_field

pytestmark = pytest.mark.cluster


def manifest_with(katib: Katib, field: str, value: Any) -> Manifest:
    """The small manifest with one field of its Job set."""
    manifest = small("conversion", katib.image)
    template = manifest["spec"]["trialTemplate"]
    template["trialSpec"] = with_field(template["trialSpec"], field, value)
    return manifest


@pytest.mark.parametrize("case", REFUSED)
def test_katib_refuses_what_it_loses(case: str, katib: Katib) -> None:
    """Katib cannot convert the Job to its own type and back."""
    field, value, _ = REFUSED[case]
    assert "invalid spec.trialTemplate: unable to convert" in katib.refusal(
        manifest_with(katib, field, value)
    )


@pytest.mark.parametrize("case", ACCEPTED)
def test_katib_takes_what_it_keeps(case: str, katib: Katib) -> None:
    """Katib accepts the manifest."""
    assert katib.refusal(manifest_with(katib, *ACCEPTED[case])) == ""
