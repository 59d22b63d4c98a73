# SPDX-License-Identifier: Apache-2.0
"""Manifests, Experiments, trials and results in a line each, for tests and benchmarks."""
