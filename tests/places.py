# SPDX-License-Identifier: Apache-2.0
"""Where the checkout and the tests' data lie, said once, whatever folder a test is in."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "data"
MINE = ROOT / "tests" / "mine.py"
"""The functions of a user, as a module that is no part of any package."""
