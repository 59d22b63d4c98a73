# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the components' tests."""

from tests.support.machine import machine as machine
