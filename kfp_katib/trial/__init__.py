# SPDX-License-Identifier: Apache-2.0
"""What a trial runs, on any engine: its template and command line, and how its metrics are read."""
