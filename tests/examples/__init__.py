# SPDX-License-Identifier: Apache-2.0
"""What examples/ holds for readers to copy: every command of its pages, and what becomes of it."""
