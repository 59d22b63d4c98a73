# SPDX-License-Identifier: Apache-2.0
"""What every component that searches shares: its plan before anything starts, its outputs at the end."""
