# SPDX-License-Identifier: Apache-2.0
"""What each component does, one module per component.

The components only name inputs and outputs and call these, so everything here runs and is tested without
Kubeflow Pipelines.
"""
