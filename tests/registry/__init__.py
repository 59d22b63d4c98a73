# SPDX-License-Identifier: Apache-2.0
"""Tests of kfp_katib/registry."""
