# SPDX-License-Identifier: Apache-2.0
"""An evaluation as one page to look at, to print and to take figures from."""
