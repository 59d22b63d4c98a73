# SPDX-License-Identifier: Apache-2.0
"""What runs one trial wherever it is: its template and command line, and what its metrics are read from."""
