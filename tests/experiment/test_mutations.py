# SPDX-License-Identifier: Apache-2.0
"""Valid manifests, changed at random: checking never fails, and says the same as loading.

`MANIFEST_EXAMPLES=20000 pytest tests/experiment/test_mutations.py` is the long run.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kfp_katib.errors import ManifestError
from kfp_katib.experiment import check, load, render, to_yaml
from kfp_katib.experiment.judging import all_rules
from kfp_katib.experiment.model import Manifest
from kfp_katib.experiment.plain import RULES as READING
from tests.builders.valid import VALID
from tests.experiment.breaking import Place, places
from tests.experiment.cases import CASES

EXAMPLES = int(os.environ.get("MANIFEST_EXAMPLES", "150"))

_WORDS = st.sampled_from(
    [
        *("", " ", "0", "1", "-1", "1e-3", "nan", "inf", "x y", "a;b", "val/loss", "\n", "#", "'", "("),
        *("${trialParameters.lr}", "${trialSpec.Name}", "${trialSpec.Labels[a]}", "${pipeline.dataset}"),
        *("${pipeline.x}", "File", "TensorFlowEvent", "Custom", "Push", "grid", "tpe", "cmaes", "enas"),
        *("darts", "pbt", "hyperband", "batch/v1", "Job", "PyTorchJob", "Never", "FromVolume"),
        *("categorical", "discrete", "int", "logUniform"),
    ]
)
_SCALARS: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-3, 2**32)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _WORDS
    | st.text(max_size=5)
)
_VALUES = (
    _SCALARS | st.lists(_SCALARS, max_size=2) | st.dictionaries(st.text(max_size=3), _SCALARS, max_size=2)
)


def _replace(place: Place, draw: st.DrawFn) -> None:
    owner, key = place
    owner[key] = draw(_VALUES)


def _drop(place: Place, draw: st.DrawFn) -> None:
    owner, key = place
    del owner[key]


def _misspell(place: Place, draw: st.DrawFn) -> None:
    owner, key = place
    if isinstance(owner, dict) and key:
        at = draw(st.integers(0, len(key) - 1))
        owner[key[:at] + key[at + 1 :]] = owner.pop(key)


def _double(place: Place, draw: st.DrawFn) -> None:
    owner, key = place
    if isinstance(owner, list):
        owner.append(copy.deepcopy(owner[key]))


def _borrow(place: Place, draw: st.DrawFn) -> None:
    """Put there what stands in the same place of another kind of manifest, or anywhere in it."""
    owner, key = place
    other = VALID[draw(st.sampled_from(sorted(VALID)))]()
    there, name = draw(st.sampled_from(places(other)))
    owner[key] = copy.deepcopy(there[name])


_MUTATIONS: list[Callable[[Place, st.DrawFn], None]] = [_replace, _drop, _misspell, _double, _borrow]


_STARTS: list[Callable[[], Manifest]] = [
    *VALID.values(),
    *(partial(getattr, case, "manifest") for case in CASES),
]


@st.composite
def mutated(draw: st.DrawFn) -> Manifest:
    """One of the valid or broken manifests with one to four places changed."""
    manifest = draw(st.sampled_from(_STARTS))()
    for _ in range(draw(st.integers(1, 4))):
        found = places(manifest)
        if found:
            draw(st.sampled_from(_MUTATIONS))(draw(st.sampled_from(found)), draw)
    return manifest


_seen: set[str] = set()


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(mutated())
def test_any_manifest_is_judged(manifest: Manifest) -> None:
    """No input makes a rule fail; what has no error loads, is written, and is read again as it was."""
    problems = check(manifest)
    _seen.update(problem.rule for problem in problems)
    assert all(problem.message and problem.fix for problem in problems)
    assert check(json.dumps(manifest)) == problems
    if any(problem.severity == "error" and not problem.engine for problem in problems):
        with pytest.raises(ManifestError):
            load(manifest)
        return
    experiment = load(manifest)
    assert experiment.warnings == tuple(problem for problem in problems if not problem.engine)
    assert experiment.engine_problems == tuple(problem for problem in problems if problem.engine)
    assert load(to_yaml(experiment)) == experiment
    rendered = render(experiment, dataset="d", models="m", image="i", run_id="r")
    assert "${pipeline." not in rendered.manifest_json


@pytest.mark.skipif(EXAMPLES < 20_000, reason="only the long run meets every rule by chance")
def test_the_long_run_met_every_rule() -> None:
    """Every rule of structure and meaning fired at least once; it runs after the test above."""
    reading = {rule.id for rule in READING}
    assert {rule.id for rule in all_rules()} - reading <= _seen
