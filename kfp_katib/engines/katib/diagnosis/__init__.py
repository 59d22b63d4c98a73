# SPDX-License-Identifier: Apache-2.0
"""What keeps a search from going on, and why its trials failed: found, explained, and said in time."""
