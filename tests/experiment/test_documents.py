# SPDX-License-Identifier: Apache-2.0
"""What is made from something else is still what it was made from."""

from __future__ import annotations

from kfp_katib.experiment.rules.__main__ import document
from tests.places import ROOT

PAGE = ROOT / "docs" / "manifest-rules.md"


def test_the_page_of_rules_is_up_to_date() -> None:
    """`python -m kfp_katib.experiment.rules > docs/manifest-rules.md` after a change."""
    assert PAGE.read_text(encoding="utf-8") == document()
