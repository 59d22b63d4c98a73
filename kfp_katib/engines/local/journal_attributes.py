# SPDX-License-Identifier: Apache-2.0
"""The names of our attributes in the journal: of the study, then of a trial."""

from __future__ import annotations

FORMAT = "kfp-katib:format"
LATEST = 3
"""The format that is written. The first one, of version 0.1.0, has no number.

3: the last manifest counts, and the verdict only while it follows from it; a trial may retry another one or
be a point that the user gave, and has intermediate values; the search may have been told earlier trials.
"""
MANIFEST = "kfp-katib:manifest"
ASKED = "kfp-katib:asked"
"""The manifest before its placeholders were filled in; absent where it had none."""
SEED = "kfp-katib:seed"
VERDICT = "kfp-katib:verdict"
WARM_START = "kfp-katib:warm-start"
"""What the search was told of earlier ones when it began (`results.Told`)."""
ENQUEUED = "kfp-katib:enqueued"
"""The points that the user gave; a user attribute of the same name says which of them a trial is."""
VERSIONS = "kfp-katib:versions"
"""Which versions of which programs ran the search last."""

PYTHON = "kfp-katib:python"
"""With which Python the last trials ran."""
MODELS = "kfp-katib:models"
"""The roots under which the trials wrote their models."""
TRIAL = "kfp-katib:trial"
PARAMETERS = "kfp-katib:parameters"
"""The user attribute of a trial that holds its assignments as Katib prints them."""
RETRIES = "kfp-katib:retries"
"""The user attribute of a trial that runs a failed one's values again: the number of that one."""

STOP_RULE = "kfp-katib:stop-rule"
"""The user attribute of a trial that holds its stopping rule, as Katib's collectors get it."""


def note_of(algorithm: str) -> str:
    """The user attribute of a trial that holds what an algorithm needs when it resumes."""
    return f"kfp-katib:{algorithm}"
