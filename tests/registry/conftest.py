# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the registry's tests."""

from tests.support.registry import registry as registry
