# SPDX-License-Identifier: Apache-2.0
"""What ends Katib's collector."""

from __future__ import annotations


class CollectorError(Exception):
    """Katib's collector would end with this error, so that the trial fails."""
