# SPDX-License-Identifier: Apache-2.0
"""Tests against a real Katib: what we say about Katib is what Katib does."""
