# SPDX-License-Identifier: Apache-2.0
"""The compiled pipelines on a real Kubeflow Pipelines with a real Katib beside it (`make test-kfp`).

What must be in place:
- KFP_ENDPOINT, the address of an installation of 2.17 or newer, without login; KUBECONFIG, its cluster,
  with a Katib that has the algorithms random and tpe. Both run in KFP_KATIB_TEST_NAMESPACE (`kubeflow`).
- Both images (`make image`), where the nodes find them. KFP_KATIB_RUNTIME_IMAGE and
  KFP_KATIB_TRAINING_IMAGE name others than components/_image.py does.
- The installation's S3 store: KFP_KATIB_TEST_S3 is its address seen from here, KFP_KATIB_TEST_S3_IN_PODS seen
  from a pod (`http://seaweedfs.kubeflow:9000`); its keys are read from the secret that Kubeflow keeps.
- For tune-pvc, KFP_KATIB_TEST_VOLUME: a folder that the nodes see under the same path as this machine.

The tests create the bucket and the secret `kfp-katib-s3`, and the claim `kfp-katib`. Runs stay for reading.
"""
