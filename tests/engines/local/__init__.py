# SPDX-License-Identifier: Apache-2.0
"""The local engine, tested with real processes, files and signals."""
