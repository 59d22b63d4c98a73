# SPDX-License-Identifier: Apache-2.0
"""Prints the table: `python -m tests.katib_examples CHECKOUT > docs/explanation/katib-examples.md`."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.katib_examples.examples import rows
from tests.katib_examples.known import VERSION

HEAD = f"""\
# Katib's own examples

<!-- Made by `python -m tests.katib_examples CHECKOUT`, a checkout of Katib {VERSION}. -->

The example manifests of [Katib's repository](https://github.com/kubeflow/katib/tree/{VERSION}/examples/v1beta1)
at {VERSION}, unchanged.

- **validate**: *green*, or the [rules](../reference/manifest-rules.md) that are broken. One marked (katib)
  stumbles on Katib alone, and does not stop the local engine. Left out are `backoff-limit` and
  `istio-label-missing`, which nearly all of them get: they set no backoffLimit, and no label that keeps
  Istio's sidecar out.
- **on this machine**: the verdict of `kfp-katib run`. There is no image, so in place of its script one of
  ours is started with the same arguments; it reports the metrics where the example's collector reads them.
  Or the reason why the local engine refuses the manifest, and where a word mends that, what comes then.
- **Katib**: *runs* where nothing is known against it; else what is, from its sources and from running its
  services, for a cluster that has what the example asks for.

| example | algorithm | trial | validate | on this machine | Katib |
|---|---|---|---|---|---|
"""


def page(checkout: Path) -> str:
    """The whole page."""
    return HEAD + "".join(
        f"| {row.example} | {row.algorithm} | {row.kind} | {row.validate} | {row.local} | {row.katib} |\n"
        for row in rows(checkout)
    )


if __name__ == "__main__":
    sys.stdout.write(page(Path(sys.argv[1])))
