# SPDX-License-Identifier: Apache-2.0
"""Files of showers: their layouts, and the arrays that are made of them."""
