# SPDX-License-Identifier: Apache-2.0
"""Where data and models lie, and what a step and a trial need to reach them."""

from pipelines.storage.eos import EOS, EOS_TOKEN
from pipelines.storage.local import LOCAL
from pipelines.storage.pvc import PVC
from pipelines.storage.s3 import S3
from pipelines.storage.storage import Storage

STORAGES = (LOCAL, PVC, S3, EOS, EOS_TOKEN)

__all__ = ["EOS", "EOS_TOKEN", "LOCAL", "PVC", "S3", "STORAGES", "Storage"]
