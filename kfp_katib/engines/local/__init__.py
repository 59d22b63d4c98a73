# SPDX-License-Identifier: Apache-2.0
"""The local engine: a Katib Experiment on this machine, without Katib."""

from __future__ import annotations

from kfp_katib.engines.local.abandoned import end_abandoned
from kfp_katib.engines.local.discard import discard
from kfp_katib.engines.local.engine import run

__all__ = ["discard", "end_abandoned", "run"]
