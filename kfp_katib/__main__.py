# SPDX-License-Identifier: Apache-2.0
"""`python -m kfp_katib`, the same as the command `kfp-katib`."""

from __future__ import annotations

from kfp_katib.cli import main

if __name__ == "__main__":
    main()
