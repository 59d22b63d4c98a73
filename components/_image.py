# SPDX-License-Identifier: Apache-2.0
"""The two images, named once.

The runtime image holds kfp without its dependencies and kfp_katib; the training image is built from it
and adds the user's own package, for the steps that call a `function` of it and for the trials. Both are
pinned to this package's version; an environment variable at compile time names another image.
"""

import os

VERSION = "0.2.0"

RUNTIME_IMAGE = os.environ.get("KFP_KATIB_RUNTIME_IMAGE") or f"kfp-katib-runtime:{VERSION}"
TRAINING_IMAGE = os.environ.get("KFP_KATIB_TRAINING_IMAGE") or f"kfp-katib-training:{VERSION}"
