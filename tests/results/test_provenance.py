# SPDX-License-Identifier: Apache-2.0
"""Where results come from is said as far as it is known."""

from __future__ import annotations

from importlib.metadata import version

from kfp_katib.results import Provenance, installed
from tests.builders.result import result


def test_versions_are_those_of_what_is_installed() -> None:
    """A checkout that is only on Python's path has none of its own."""
    asked = {"Optuna": "optuna", "nothing": "kfp-katib-of-nobody"}
    assert installed(asked) == {"Optuna": version("optuna")}


def test_a_result_whose_engine_knows_nothing_says_nothing() -> None:
    """Rather than to guess."""
    assert result([]).provenance == Provenance(seed="", versions={}, told_notes=())
