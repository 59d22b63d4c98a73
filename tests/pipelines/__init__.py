# SPDX-License-Identifier: Apache-2.0
"""The pipeline as it is compiled, run on this machine by kfp.local."""
