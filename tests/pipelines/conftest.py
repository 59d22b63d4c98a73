# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the pipeline's tests."""

from tests.support.machine import machine as machine
