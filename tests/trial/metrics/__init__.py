# SPDX-License-Identifier: Apache-2.0
"""What a trial reported, as Katib's collectors, database and controller would have it."""
