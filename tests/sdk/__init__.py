# SPDX-License-Identifier: Apache-2.0
"""Experiments that Kubeflow's own Python clients build: they load, render and run as they are."""
