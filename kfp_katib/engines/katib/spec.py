# SPDX-License-Identifier: Apache-2.0
"""Whether an Experiment in the cluster does what a manifest asks for: their specs, field by field. Pure.

Labels can be copied together with a manifest that is then changed; the spec is what runs. Katib's webhook
has filled in defaults and left out what is empty, so both sides are brought to that form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kfp_katib.experiment.defaults import with_defaults
from kfp_katib.experiment.structure import check_structure

EDITABLE = ("maxTrialCount", "parallelTrialCount", "maxFailedTrialCount")
"""What Katib lets people change while an Experiment runs."""

_POD_LABELS = "primaryPodLabels"
_ABSENT = object()


def differences(wanted: Mapping[str, Any], stored: Mapping[str, Any]) -> Iterator[str]:
    """The fields in which two Experiments' specs differ, in words; none for one search.

    Args:
        wanted: The manifest.
        stored: What the cluster holds.
    """
    ours, theirs = _form(wanted), _form(stored)
    template = theirs.get("trialTemplate", {})
    if _POD_LABELS not in ours.get("trialTemplate", {}):
        template.pop(_POD_LABELS, None)  # Katib knows them for the training operator's kinds
    yield from _differ(ours, theirs, "spec")


def _form(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The spec after Katib's webhook, without what may be edited."""
    spec: dict[str, Any] = with_defaults(check_structure(manifest).manifest)["spec"]
    objective, template = spec.get("objective", {}), spec.get("trialTemplate", {})
    strategies = objective.get("metricStrategies", [])
    objective["metricStrategies"] = {each.get("name"): each.get("value") for each in strategies}
    inner = template.pop("trialSpec", None)  # kept as written, empty volumes included
    rest = _filled({name: value for name, value in spec.items() if name not in EDITABLE})
    if inner is not None:
        rest.setdefault("trialTemplate", {})["trialSpec"] = inner
    return dict(rest)


def _filled(value: Any) -> Any:
    """The value without what Go leaves out when it writes an object: null, false, and everything empty."""
    if isinstance(value, dict):
        kept = {name: _filled(each) for name, each in value.items()}
        return {name: each for name, each in kept.items() if each or _is_number(each)}
    return [_filled(each) for each in value] if isinstance(value, list) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _differ(wanted: Any, stored: Any, path: str) -> Iterator[str]:
    if wanted == stored:
        return
    if isinstance(wanted, dict) and isinstance(stored, dict):
        for name in dict.fromkeys((*wanted, *stored)):
            yield from _differ(wanted.get(name, _ABSENT), stored.get(name, _ABSENT), f"{path}.{name}")
    elif isinstance(wanted, list) and isinstance(stored, list) and len(wanted) == len(stored):
        for index, (one, other) in enumerate(zip(wanted, stored, strict=True)):
            yield from _differ(one, other, f"{path}[{index}]")
    else:
        yield f"{path} is {_said(stored)}, not {_said(wanted)}"


def _said(value: Any) -> str:
    text = "absent" if value is _ABSENT else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
