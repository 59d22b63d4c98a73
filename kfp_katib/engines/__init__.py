# SPDX-License-Identifier: Apache-2.0
"""Who runs an Experiment: this machine, or a Katib in a cluster."""
