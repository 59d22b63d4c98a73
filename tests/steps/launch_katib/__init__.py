# SPDX-License-Identifier: Apache-2.0
"""The launch of a search, without Kubeflow Pipelines around it."""
