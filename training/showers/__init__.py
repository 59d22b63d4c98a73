# SPDX-License-Identifier: Apache-2.0
"""Parametrised electromagnetic showers, which stand in for full simulation."""
