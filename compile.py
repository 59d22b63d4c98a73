# SPDX-License-Identifier: Apache-2.0
"""Write the pipelines and the components as YAML, ready for the dashboard or for another pipeline."""

import argparse
import os
import re
from pathlib import Path

FOLDER = Path(__file__).parent


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=FOLDER / "build", metavar="DIR", help="(build/)")
    parser.add_argument("--runtime-image", metavar="IMAGE", help="of launch_katib and clean_up")
    parser.add_argument("--training-image", metavar="IMAGE", help="of the other steps and of the trials")
    return parser.parse_args()


def main() -> None:
    """Compile everything.

    The images are chosen before the components are imported, which name them. The heading of a file, a
    comment, loses the defaults of dictionaries: kfp writes their keys in an order that changes.
    """
    args = arguments()
    for name, image in (("RUNTIME", args.runtime_image), ("TRAINING", args.training_image)):
        if image:
            os.environ[f"KFP_KATIB_{name}_IMAGE"] = image
    from kfp.compiler import Compiler

    import components
    from pipelines.platforms import PLATFORMS
    from pipelines.tune import tune

    products = {
        f"components/{name}": getattr(components, name) for name in components.__all__ if name.islower()
    }
    products |= {f"tune-{platform.name}": tune(platform) for platform in PLATFORMS}
    for name, product in products.items():
        path = args.output / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        Compiler().compile(product, str(path))
        path.write_text(re.sub(r"(?m)^(#    \w+: dict) \[Default: .*\]$", r"\1", path.read_text()))
        print(path)


if __name__ == "__main__":
    main()
