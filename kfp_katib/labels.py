# SPDX-License-Identifier: Apache-2.0
"""The labels by which a pipeline run finds its own Experiments again, on either engine."""

from __future__ import annotations

RUN = "kfp-katib/run-id"
TASK = "kfp-katib/task"
