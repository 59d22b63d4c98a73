# SPDX-License-Identifier: Apache-2.0
"""Manifests changed at random: whenever Katib refuses one so do we, and what we say Katib refuses it does."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest

from kfp_katib import check
from kfp_katib.experiment.judging import all_rules
from kfp_katib.experiment.model import Manifest
from tests.engines.katib.live.katib import Katib
from tests.engines.katib.live.manifests import COLLECTORS, rich

pytestmark = pytest.mark.cluster

Path = tuple[str | int, ...]

CHANGES = 150
"""Changed manifests for each seed; a dry run takes about 6 ms."""

VALUES: list[Any] = [
    *(None, "", 0, 1, -1, 2.0, 2.5, True, False, [], {}, [None], [1], ["a"], {"a": "b"}, 2**33),
    *("0", "-1", "1e5", "nan", "1Gi", "a b", "A", "é", "/x", "(", "(a)(b)", "{", "x"),
    *("${trialParameters.lr}", "${trialSpec.Name}", "${trialSpec.Labels[a]}", ["${trialParameters.batch}"]),
    *("int", "double", "categorical", "unknown", "normal", "minimize", "maximize", "latest", "tpe"),
    *("File", "StdOut", "Push", "JSON", "Never", "LongRunning", "loss", "epoch", "lr", "layers"),
]
ADDED = ["foo", "name", "list", "step", "goal", "labels", "env", "nasConfig", "configMap", "format"]


def webhook_rules() -> frozenset[str]:
    """The rules that say that Katib itself refuses such a manifest."""
    return frozenset(rule.id for rule in all_rules() if rule.webhook)


def paths(part: Any, above: Path = ()) -> Iterator[Path]:
    """Every place in a manifest but its root."""
    items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in items:
        yield (*above, key)
        yield from paths(value, (*above, key))


def changed(manifest: Manifest, choose: random.Random) -> tuple[str, Manifest]:
    """The manifest with one thing changed, and what that was."""
    result = copy.deepcopy(manifest)
    path = choose.choice([path for path in paths(manifest) if path[0] not in ("apiVersion", "kind")])
    part: Any = result
    for step in path[:-1]:
        part = part[step]
    key = path[-1]
    match choose.choice(["set", "set", "remove", "rename", "add"]):
        case "rename" if isinstance(key, str):
            name = choose.choice([key.lower(), key.capitalize(), f"{key}s", key[:-1]])
            part[name] = part.pop(key)
            return f"{path} renamed to {name!r}", result
        case "add" if isinstance(part, dict):
            key = choose.choice(ADDED)
        case "add":
            part.append(copy.deepcopy(part[0]))
            return f"the first item of {path[:-1]} twice", result
        case "remove":
            del part[key]
            return f"{path} removed", result
    part[key] = copy.deepcopy(choose.choice(VALUES))
    return f"{(*path[:-1], key)} set to {part[key]!r}", result


@pytest.mark.parametrize("collector", COLLECTORS)
@pytest.mark.parametrize("seed", range(4))
def test_we_agree_with_katib(seed: int, collector: str, katib: Katib) -> None:
    """No manifest passes our check and fails at Katib's, and no webhook rule fires where Katib accepts."""
    choose, hooks, differences = random.Random(seed), webhook_rules(), []
    for _ in range(CHANGES):
        what, manifest = changed(rich("agreement", katib.image, collector=collector), choose)
        refusal = katib.refusal(manifest)
        errors = {problem.rule for problem in check(manifest) if problem.severity == "error"}
        if refusal and not errors:
            differences.append(f"{what}: Katib alone refuses: {refusal[-200:]}")
        if errors & hooks and not refusal:
            differences.append(f"{what}: Katib accepts, in spite of {sorted(errors & hooks)}")
    assert not differences, "\n".join(differences)


@pytest.mark.parametrize("collector", COLLECTORS)
def test_what_is_changed_is_sound(collector: str, katib: Katib) -> None:
    """Before any change both accept the manifest."""
    manifest = rich("agreement", katib.image, collector=collector)
    assert katib.refusal(manifest) == ""
    assert [problem for problem in check(manifest) if problem.severity == "error"] == []
