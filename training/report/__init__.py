# SPDX-License-Identifier: Apache-2.0
"""An evaluation as a page to look at."""
