# SPDX-License-Identifier: Apache-2.0
"""What blocks a search, and why its trials failed: found, explained, and reported in time."""
