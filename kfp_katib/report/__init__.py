# SPDX-License-Identifier: Apache-2.0
"""A Result for people: one HTML page that needs no network, and a one-screen Markdown summary."""

from __future__ import annotations

from kfp_katib.report.markdown import markdown
from kfp_katib.report.page import html

__all__ = ["html", "markdown"]
