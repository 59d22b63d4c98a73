# SPDX-License-Identifier: Apache-2.0
"""docs/cluster.md says what the code does."""

from __future__ import annotations

import re

from kfp_katib.engines.katib.stall import GRACE_SECONDS
from tests.places import ROOT

TEXT = (ROOT / "docs" / "cluster.md").read_text()


def test_every_cause_stands_in_the_table_with_its_time() -> None:
    """No more, no less."""
    rows = re.findall(r"^\| `([a-z-]+)` \|.*\| (\d+) s \|$", TEXT, re.MULTILINE)
    assert {cause: float(seconds) for cause, seconds in rows} == GRACE_SECONDS
