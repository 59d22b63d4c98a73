# SPDX-License-Identifier: Apache-2.0
"""The manifest: reading, rules, rendering."""
