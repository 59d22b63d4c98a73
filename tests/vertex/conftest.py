# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests with Vertex AI."""

from tests.support.vertex import vertex as vertex
