# SPDX-License-Identifier: Apache-2.0
"""Runs an Experiment on this machine, or on a Katib in a cluster."""
