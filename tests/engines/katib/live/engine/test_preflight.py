# SPDX-License-Identifier: Apache-2.0
"""What a real Kubernetes has against the trials' Job is said before anything is created."""

from __future__ import annotations

from typing import Any

import pytest

from kfp_katib.errors import InputError
from kfp_katib.experiment import load
from tests.engines.katib.live.katib import Katib
from tests.engines.katib.live.manifests import small
from tests.engines.katib.running import run

pytestmark = pytest.mark.cluster


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        pytest.param(
            "volumeMounts",
            [{"name": "nowhere", "mountPath": "/data"}],
            "Not found",
            id="a volume that is not",
        ),
        pytest.param(
            "resources", {"limits": {"hugepages-2Mi": "3Mi"}}, "Invalid value", id="half of a huge page"
        ),
    ],
)
def test_a_job_that_kubernetes_refuses_is_named(
    field: str, value: Any, words: str, katib: Katib, name: str
) -> None:
    """Katib itself takes it, and would stay Running without a trial."""
    manifest = small(name, katib.image)
    (container,) = manifest["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]["containers"]
    container[field] = value
    assert katib.refusal(manifest) == ""
    with pytest.raises(InputError, match="refuse every trial's Job") as error:
        run(load(manifest), namespace=katib.namespace)
    assert words in str(error.value)
    assert katib.trials(name) == []
