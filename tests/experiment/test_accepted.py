# SPDX-License-Identifier: Apache-2.0
"""A manifest that runs already is read as it is, whatever the rules say by now."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kfp_katib.errors import InputError, ManifestError
from kfp_katib.experiment import load
from kfp_katib.experiment.accepted import accepted
from tests.builders.search import PRINT, manifest


def test_a_valid_manifest_is_what_load_makes_of_it() -> None:
    """Katib's defaults included; only what is likely wrong is left out, on either engine."""
    document = manifest(PRINT)
    assert accepted(document, name="it") == replace(load(document), warnings=(), engine_problems=())


@pytest.mark.parametrize(
    "changes",
    [
        {"paralelTrialCount": 2},
        {"maxTrialCount": None},
        {
            "parameters": [
                {"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "1", "max": "0"}}
            ]
        },
        {"algorithm": {"algorithmName": "somebodys-own"}},
    ],
    ids=["misspelt", "no budget", "min above max", "an algorithm of one's own"],
)
def test_what_the_rules_refuse_is_read(changes: dict[str, Any]) -> None:
    """Katib runs it, so it can be looked at."""
    document = manifest(PRINT, **changes)
    if "algorithm" not in changes:
        with pytest.raises(ManifestError):
            load(document)
    assert accepted(document, name="it").objective.metric == "loss"


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({}, "it cannot be read: its manifest has no 'metadata'"),
        ({"metadata": {"name": "x"}, "spec": {}}, "it cannot be read: its manifest has no 'objective'"),
        ({"metadata": {"name": "x"}, "spec": {"objective": 3}}, "a field of its manifest has the wrong type"),
        ({"metadata": [], "spec": []}, "a field of its manifest has the wrong type"),
    ],
)
def test_what_no_experiment_lacks_is_named(broken: dict[str, Any], words: str) -> None:
    """Instead of a traceback."""
    with pytest.raises(InputError, match=words):
        accepted(broken, name="it")
