# SPDX-License-Identifier: Apache-2.0
"""Whose an Experiment is, is not for its manifest to say."""

from __future__ import annotations

from collections.abc import Iterator

from kfp_katib.experiment.model import OURS
from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.view import View, part


@rule("label-reserved")
def label_reserved(view: View) -> Iterator[Finding]:
    """The manifest itself says which pipeline run it belongs to: that run would adopt it, or end it."""
    for field in ("labels", "annotations"):
        for name, value in part(view.metadata, field).items():
            if name.startswith(OURS):
                yield Finding(
                    f"metadata.{field}.{name}",
                    f"'{name}' is '{value}'; whose an Experiment is, is written when it starts.",
                    "Take it out; a manifest that was read from a cluster carries such.",
                    value,
                )
