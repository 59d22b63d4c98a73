# SPDX-License-Identifier: Apache-2.0
"""A generative model of calorimeter showers, as a user of kfp-katib would bring it.

It knows neither Kubeflow nor kfp-katib: its commands take arguments, print ``name=value`` and write files.
"""
