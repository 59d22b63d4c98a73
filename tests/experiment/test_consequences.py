# SPDX-License-Identifier: Apache-2.0
"""One mistake, one error: a valid manifest is changed in one place, as a hand that slips would change it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from kfp_katib.experiment import check
from tests.builders.manifest import ABSENT, CONTAINER, POD, changed
from tests.builders.valid import VALID
from tests.experiment.breaking import places

Slip = Callable[[Any, Any], None]
JOB = "spec.trialTemplate.trialSpec"


def _drop(owner: Any, key: Any) -> None:
    del owner[key]


def _misspell(owner: Any, key: Any) -> None:
    if isinstance(key, str) and len(key) > 3:
        owner[key[:2] + key[3:]] = owner.pop(key)


def _leave_empty(owner: Any, key: Any) -> None:
    owner[key] = None


def _forget_a_letter(owner: Any, key: Any) -> None:
    if isinstance(owner[key], str) and len(owner[key]) > 3:
        owner[key] = owner[key][:-2] + owner[key][-1]


def _capitalize(owner: Any, key: Any) -> None:
    if isinstance(owner[key], str):
        owner[key] = owner[key].capitalize()


def _forget_the_dash(owner: Any, key: Any) -> None:
    if isinstance(owner[key], list) and owner[key]:
        owner[key] = owner[key][0]


def _add_a_dash(owner: Any, key: Any) -> None:
    if isinstance(owner[key], (dict, str)):
        owner[key] = [owner[key]]


def _indent_too_little(owner: Any, key: Any) -> None:
    """The fields of a mapping stand beside its key, which is left with nothing."""
    if isinstance(owner, dict) and isinstance(owner[key], dict):
        inner, owner[key] = owner[key], None
        for name, value in inner.items():
            owner.setdefault(name, value)


def _indent_too_much(owner: Any, key: Any) -> None:
    """The field after a mapping stands in it."""
    if isinstance(owner, dict) and isinstance(owner[key], dict):
        following = [*owner][[*owner].index(key) + 1 :][:1]
        for name in following:
            owner[key].setdefault(name, owner.pop(name))


SLIPS: dict[str, Slip] = {
    "a line is left out": _drop,
    "a field is misspelt": _misspell,
    "a field is left empty": _leave_empty,
    "a word is misspelt": _forget_a_letter,
    "a word begins with a capital": _capitalize,
    "a dash is forgotten": _forget_the_dash,
    "a dash is too many": _add_a_dash,
    "the indentation is too small": _indent_too_little,
    "the indentation is too large": _indent_too_much,
}
TWO = {
    ("a line is left out", f"{POD}.spec"),  # no command uses a placeholder, and the default is Always
    ("a field is left empty", f"{JOB}.kind"),
    ("a dash is too many", f"{JOB}.kind"),
    ("the indentation is too small", f"{POD}.metadata.labels"),
    ("the indentation is too small", f"{JOB}.spec"),
}
"""Slips after which two things are wrong, or which nobody could tell from two."""


def _paths(value: Any, above: str = "") -> list[str]:
    """The path of each of `places`."""
    keys: list[Any] = list(value) if isinstance(value, dict) else []
    keys = list(range(len(value))) if isinstance(value, list) else keys
    inner = [f"{above}[{key}]" if isinstance(value, list) else f"{above}.{key}".lstrip(".") for key in keys]
    return inner + [path for key, each in zip(keys, inner, strict=True) for path in _paths(value[key], each)]


@pytest.mark.parametrize("slip", SLIPS)
@pytest.mark.parametrize("name", ["random", "hyperband"])
def test_a_slip_makes_one_error(name: str, slip: str) -> None:
    """Wherever it happens."""
    valid = VALID[name]()
    several = {}
    for number, path in enumerate(_paths(valid)):
        broken = copy.deepcopy(valid)
        owner, key = places(broken)[number]
        SLIPS[slip](owner, key)
        errors = [str(problem) for problem in check(broken) if problem.severity == "error"]
        if len(errors) > 1 and (slip, path) not in TWO:
            several[path] = errors
    assert several == {}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("spec.parameters[0].name", "rate", "Did you mean 'rate'?"),
        ("spec.trialTemplate.trialParameters[0].name", "rate", "Did you mean 'rate'?"),
        ("spec.trialTemplate.trialParameters[0].reference", "rate", "Did you mean 'lr'?"),
    ],
)
def test_of_two_ends_of_a_broken_link_one_complains(path: str, value: str, message: str) -> None:
    """Names that have nothing in common belong together, where each is the only one without another."""
    (problem,) = check(changed(VALID["random"](), {path: value}))
    assert message in str(problem)


def test_two_mistakes_are_two_errors() -> None:
    """A cause hides its own effects only."""
    changes = {
        "spec.maxTrialCount": 0,
        "spec.objective.type": "smallest",
        "spec.trialTemplate.trialParameters[0]": ABSENT,
    }
    found = check(changed(VALID["random"](), changes))
    assert [problem.rule for problem in found] == [
        *("max-trials-not-positive", "objective-type-invalid", "placeholder-undeclared"),
    ]
    assert CONTAINER in found[2].path
