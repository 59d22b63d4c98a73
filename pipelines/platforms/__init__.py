# SPDX-License-Identifier: Apache-2.0
"""Where data and models lie, and what a step and a trial need to reach them: one module a platform."""

from pipelines.platforms.eos import EOS, EOS_TOKEN
from pipelines.platforms.local import LOCAL
from pipelines.platforms.platform import Platform
from pipelines.platforms.pvc import PVC
from pipelines.platforms.s3 import S3

PLATFORMS = (LOCAL, PVC, S3, EOS, EOS_TOKEN)

__all__ = ["EOS", "EOS_TOKEN", "LOCAL", "PLATFORMS", "PVC", "S3", "Platform"]
