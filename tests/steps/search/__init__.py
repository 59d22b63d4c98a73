# SPDX-License-Identifier: Apache-2.0
"""What the components that search share, without Kubeflow Pipelines around it."""
