# SPDX-License-Identifier: Apache-2.0
"""Tests of what a manifest is proposed from."""
