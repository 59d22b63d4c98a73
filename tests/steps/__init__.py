# SPDX-License-Identifier: Apache-2.0
"""What the smaller steps do, without Kubeflow Pipelines around them."""
