# SPDX-License-Identifier: Apache-2.0
"""The labels by which a pipeline run finds its own Experiments again, on either engine.

A run's id and a step's name may be any text, but a label's value may not. So the same function here serves
writing such a label and looking for it, and the full text goes into an annotation with the label's name.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from kfp_katib.experiment.model import OURS

RUN = f"{OURS}run-id"
TASK = f"{OURS}task"

_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_KEPT = 50  # with a dash and the digest it is 63, Kubernetes' limit


def label_value(text: str) -> str:
    """The text itself if it is a valid label value, else the end of its valid characters and a digest.

    The end, because a step's path through a pipeline ends with the step.
    """
    if _VALUE.fullmatch(text):
        return text
    kept = re.sub(r"[^A-Za-z0-9]+", "-", text)[-_KEPT:].strip("-")
    return f"{kept}-{digest(text)}".lstrip("-")


def marked(metadata: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """An Experiment's metadata with these texts as labels, and as annotations where a label differs.

    Args:
        metadata: Its own metadata.
        texts: The text for each label's name.
    """
    values = {name: label_value(text) for name, text in texts.items()}
    told = {name: text for name, text in texts.items() if values[name] != text}
    made = {**metadata, "labels": {**(metadata.get("labels") or {}), **values}}
    return {**made, "annotations": {**(metadata.get("annotations") or {}), **told}} if told else made


def digest(*texts: str) -> str:
    """Twelve hexadecimal digits that stand for these texts."""
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:12]
