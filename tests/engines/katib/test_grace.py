# SPDX-License-Identifier: Apache-2.0
"""How long a cause of a stall may last before it is said."""

from __future__ import annotations

import re

from kfp_katib.engines.katib.diagnosis.causes import CAUSES
from tests.places import ROOT


def test_every_cause_has_its_time_of_grace() -> None:
    """None is said at once, none later than two minutes; so says the table of docs/how-to/cluster.md."""
    text = (ROOT / "docs/how-to/cluster.md").read_text()
    rows = re.findall(r"^\| `([a-z-]+)` \|.*\| (\d+) s \|$", text, re.MULTILINE)
    grace = {name: cause.grace_seconds for name, cause in CAUSES.items()}
    assert {cause: float(seconds) for cause, seconds in rows} == grace
    assert all(10 <= seconds <= 120 for seconds in grace.values())
