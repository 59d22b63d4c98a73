# SPDX-License-Identifier: Apache-2.0
"""The pipeline, once for each platform."""
