# SPDX-License-Identifier: Apache-2.0
"""The rules of a manifest, and the shell that some of them read."""
