# SPDX-License-Identifier: Apache-2.0
"""Searches on Vertex AI; a stand-in on loopback (tests/support/vertex) answers in its place."""
