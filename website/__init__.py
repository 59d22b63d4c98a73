# SPDX-License-Identifier: Apache-2.0
"""What makes the documentation's site out of docs/ and of what its pages point at (mkdocs.yml)."""
