# SPDX-License-Identifier: Apache-2.0
"""What may change between two runs of one search, and what makes it another one.

The trials of a search share what they try and how they are judged: that makes their values comparable, and
the algorithm learns from all of them. So the objective, the algorithm, the search space, the metrics
collector and the program stay. Budget, goal, image, resources, labels and everything else may change.
Manifests are compared before `${pipeline.*}` was filled in: a folder may have moved.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from kfp_katib.engines.local.journal_attributes import ASKED, MANIFEST
from kfp_katib.experiment.defaults import with_defaults
from kfp_katib.experiment.model import Experiment
from kfp_katib.experiment.placeholders import PIPELINE
from kfp_katib.experiment.plain import leaves
from kfp_katib.experiment.structure import check_structure

_SHOWN = 5
_LONGEST = 80
_ABSENT = object()
_PROGRAM = ("command", "args", "env", "workingDir")

Leaves = Mapping[str, Any]
"""A document as the paths of its values."""


def why_another(attributes: Mapping[str, Any], experiment: Experiment) -> str:
    """The fields that make an Experiment another search than the one in a journal; empty if none does.

    Args:
        attributes: The journal's; without a manifest its search has not begun, and takes any.
        experiment: What should go on.
    """
    ran = attributes.get(MANIFEST)
    if ran in (None, experiment.manifest_json):
        return ""
    before = fixed(attributes.get(ASKED, ran))
    now = fixed(experiment.asked_json or experiment.manifest_json)
    if _may_come_from(before, now, experiment.name) or _may_come_from(now, before, experiment.name):
        return ""
    return "" if fixed(ran) == fixed(experiment.manifest_json) else changes(before, now)


def fixed(manifest_json: str) -> Leaves:
    """The fields of a manifest that must stay, with Katib's defaults; `container` is the primary one."""
    spec = with_defaults(check_structure(json.loads(manifest_json)).manifest)["spec"]
    objective, template = spec.get("objective", {}), spec.get("trialTemplate", {})
    metric = str(objective.get("objectiveMetricName"))
    parts = {
        "objective": {
            "type": objective.get("type"),
            "objectiveMetricName": metric,
            "metricStrategies": {metric: _named(objective.get("metricStrategies")).get(metric)},
        },
        "algorithm": _algorithm(spec.get("algorithm", {})),
        "earlyStopping": _algorithm(spec.get("earlyStopping", {})),
        "parameters": spec.get("parameters"),
        "nasConfig": spec.get("nasConfig"),
        "metricsCollectorSpec": spec.get("metricsCollectorSpec"),
        "trialTemplate": {"trialParameters": _named(template.get("trialParameters"), "reference")},
    }
    every = leaves({"spec": parts, "container": _program(template)})
    return {path: value for path, value in every if value not in (None, {}, [])}


def _algorithm(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {**spec, "algorithmSettings": _named(spec.get("algorithmSettings"))}


def _named(entries: Any, value: str = "value") -> dict[str, Any]:
    """A list of names and values as a mapping, since its order means nothing."""
    listed = entries if isinstance(entries, list) else []
    return {str(each.get("name")): each.get(value, each) for each in listed if isinstance(each, dict)}


def _program(template: Mapping[str, Any]) -> dict[str, Any]:
    """What the primary container runs; empty where a damaged journal has none."""
    pod = template.get("trialSpec")
    for key in ("spec", "template", "spec"):
        pod = pod.get(key) if isinstance(pod, dict) else None
    containers = pod.get("containers") if isinstance(pod, dict) else None
    for each in containers if isinstance(containers, list) else ():
        if isinstance(each, dict) and each.get("name") == template.get("primaryContainerName"):
            program = {key: each[key] for key in _PROGRAM if each.get(key)}
            return {**program, "env": _named(program.get("env"))}
    return {}


def _may_come_from(filled: Leaves, written: Leaves, name: str) -> bool:
    """Whether some values of the placeholders make the second manifest the first.

    Somebody may have filled it in with `render`; version 0.1 stored a manifest only as it ran.
    """
    values = {"experiment": name}
    return filled.keys() == written.keys() and all(
        filled[path] == text or _fits(filled[path], text, values) for path, text in written.items()
    )


def _fits(filled: Any, written: Any, values: dict[str, str]) -> bool:
    """Whether a text may be a filled-in one; the values found so far have to stay, and new ones join them."""
    if not isinstance(filled, str) or not isinstance(written, str):
        return False
    pattern = ""
    found: list[str] = []
    for index, part in enumerate(PIPELINE.split(written)):  # each second part is a placeholder's name
        if index % 2 == 0 or part in values:
            pattern += re.escape(values[part] if index % 2 else part)
        elif part in found:
            pattern += f"(?:\\{found.index(part) + 1})"
        else:
            pattern += "(.+)"
            found.append(part)
    match = re.fullmatch(pattern, filled, re.DOTALL)
    values.update(zip(found, match.groups(), strict=True) if match else ())
    return match is not None


def changed(before: str, after: str) -> str:
    """The first few fields in which two manifests (JSON) differ, as one line."""
    return changes(dict(leaves(json.loads(before))), dict(leaves(json.loads(after))))


def changes(old: Leaves, new: Leaves) -> str:
    """The first few values that differ, as one line."""
    paths = [path for path in {**old, **new} if old.get(path, _ABSENT) != new.get(path, _ABSENT)]
    shown = [_said(path, old.get(path, _ABSENT), new.get(path, _ABSENT)) for path in paths[:_SHOWN]]
    more = [f"{len(paths) - _SHOWN} more"] if len(paths) > _SHOWN else []
    return "; ".join([*shown, *more])


def _said(path: str, before: Any, now: Any) -> str:
    """Both values of a field; of long texts the part where they begin to differ."""
    start = 0
    if isinstance(before, str) and isinstance(now, str):
        pairs = enumerate(zip(before, now, strict=False))
        same = next((index for index, (one, two) in pairs if one != two), min(len(before), len(now)))
        start = max(same - _LONGEST // 4, 0)
    return f"{path} was {_short(before, start)} and is {_short(now, start)}"


def _short(value: Any, start: int) -> str:
    if value is _ABSENT:
        return "absent"
    text = value if isinstance(value, str) else ""
    if len(text) <= _LONGEST:
        return json.dumps(value, ensure_ascii=False)
    part = json.dumps(text[start : start + _LONGEST], ensure_ascii=False)
    return f"{'...' if start else ''}{part}{'...' if start + _LONGEST < len(text) else ''}"
