# SPDX-License-Identifier: Apache-2.0
"""Tests of what benchmarks measure with."""
