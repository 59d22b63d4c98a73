# SPDX-License-Identifier: Apache-2.0
"""A terminal that keeps what is written to it."""

from __future__ import annotations

import io


class Screen(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True
