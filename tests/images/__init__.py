# SPDX-License-Identifier: Apache-2.0
"""Both images, built and used by Docker (`make test-images`).

BASE_IMAGE and DOCKER_BUILD_ARGS are those of `make image`; KFP_KATIB_TEST_DOCKER_NETWORK is the containers'
network (`host`).
"""
