# SPDX-License-Identifier: Apache-2.0
"""What the rules see of a manifest."""

from __future__ import annotations

from kfp_katib.experiment.defaults import with_defaults
from kfp_katib.experiment.model import Manifest
from kfp_katib.experiment.rules.view import View
from kfp_katib.experiment.structure import check_structure


def view_of(manifest: Manifest) -> View:
    """The manifest as the rules get it."""
    given = check_structure(manifest).manifest
    return View(with_defaults(given), given)
