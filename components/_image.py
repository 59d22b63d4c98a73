# SPDX-License-Identifier: Apache-2.0
"""The two images, named once.

The runtime image holds kfp without its dependencies and kfp_katib; the training image is built from it
and adds the user's own package, for the steps that call a `function` of it and for the trials. Both are
pinned to this package's version. At compile time KFP_KATIB_REGISTRY says where a cluster pulls them from, and
KFP_KATIB_RUNTIME_IMAGE and KFP_KATIB_TRAINING_IMAGE name other ones.
"""

import os

VERSION = "0.2.0"

DEFAULTS = (f"kfp-katib-runtime:{VERSION}", f"kfp-katib-training:{VERSION}")
"""Their names without a registry: what a build on this machine is called, and no cluster can pull."""

_FOLDER = f"{os.environ.get('KFP_KATIB_REGISTRY', '').strip('/')}/".lstrip("/")

RUNTIME_IMAGE = os.environ.get("KFP_KATIB_RUNTIME_IMAGE") or f"{_FOLDER}{DEFAULTS[0]}"
TRAINING_IMAGE = os.environ.get("KFP_KATIB_TRAINING_IMAGE") or f"{_FOLDER}{DEFAULTS[1]}"
