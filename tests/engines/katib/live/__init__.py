# SPDX-License-Identifier: Apache-2.0
"""Tests against a real Katib: what we say about Katib is what Katib does.

`make test-cluster` runs them with these environment variables; what lacks one is skipped, and says so.

KUBECONFIG: a cluster with Katib 0.19 on which namespaces may be created.
KFP_KATIB_TEST_IMAGE: an image with a shell and python3 (localhost/python:3.11).
KFP_KATIB_TEST_VOLUME: a folder that lies at the same path here and on the nodes.
KFP_KATIB_TEST_TRAINING_IMAGE: an image that can run `python -m training.train`; it trains the digits too.
KATIB_NAMESPACE: where Katib's own configuration is (kubeflow).
"""
