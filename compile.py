# SPDX-License-Identifier: Apache-2.0
"""Write the pipelines and the components as YAML, ready for the dashboard or for another pipeline."""

import argparse
import os
import re
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter

FOLDER = Path(__file__).parent


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=FOLDER / "build", metavar="DIR", help="(build/)")
    parser.add_argument(
        "--registry",
        type=registry,
        metavar="ADDRESS",
        help="where a cluster pulls both images from, such as registry.example.org/you",
    )
    parser.add_argument(
        "--runtime-image", metavar="IMAGE", help="of launch_katib, clean_up, register_model, vertex_*"
    )
    parser.add_argument("--training-image", metavar="IMAGE", help="of the other steps and of the trials")
    return parser.parse_args()


def registry(text: str) -> str:
    """A registry's address with a folder in it, as it stands before an image's name."""
    if not re.fullmatch(r"[\w.-]+(:\d+)?(/[\w.-]+)*/?", text):
        message = f"{text!r} is not the beginning of an image's name. Write it like registry.example.org/you"
        raise argparse.ArgumentTypeError(message)
    return text


def main() -> None:
    """Compile from the command line."""
    from kfp_katib.errors import of_the_system
    from kfp_katib.streams import let_go

    args = arguments()
    try:
        compile_all(args)
    except OSError as error:
        sys.exit(f"Error: {of_the_system(error)}")
    finally:
        let_go()


def compile_all(args: argparse.Namespace) -> None:
    """Compile every component and pipeline.

    The images are chosen before the components are imported, which name them. The pipeline for Vertex AI
    comes last: what it imports takes seconds, and may not be there.
    """
    for name in ("registry", "runtime_image", "training_image"):
        if value := getattr(args, name):
            os.environ[f"KFP_KATIB_{name.upper()}"] = value
    import components
    from pipelines.platforms import PLATFORMS
    from pipelines.tune import tune

    products = {
        f"components/{name}": getattr(components, name) for name in components.__all__ if name.islower()
    }
    products |= {f"tune-{platform.name}": tune(platform) for platform in PLATFORMS}
    for name, product in products.items():
        write(product, args.output / f"{name}.yaml")
    if find_spec("google_cloud_pipeline_components") is None:
        print("tune-vertex.yaml is left out; for it, pip install 'kfp-katib[vertex]'", file=sys.stderr)
    else:
        with catch_warnings():  # Google's source has escapes of which Python warns from 3.12 on
            simplefilter("ignore", SyntaxWarning)
            from pipelines.tune_vertex import tune_vertex

        write(tune_vertex, args.output / "tune-vertex.yaml")
    warn_of_defaults()


def warn_of_defaults() -> None:
    """Say which images have kept a name that only this machine knows."""
    from components._image import DEFAULTS, RUNTIME_IMAGE, TRAINING_IMAGE

    if left := [image for image in (RUNTIME_IMAGE, TRAINING_IMAGE) if image in DEFAULTS]:
        one = len(left) == 1
        print(
            f"{' and '.join(left)} {'is the default name' if one else 'are the default names'}, which no "
            f"cluster can pull. Push {'it' if one else 'them'} to a registry (docs/how-to/kubeflow.md) and "
            "compile again with --registry registry.example.org/you.",
            file=sys.stderr,
        )


def write(product: Any, path: Path) -> None:
    """Compile a pipeline or a component into a file.

    The file's heading, a comment, loses the defaults of dictionaries: kfp writes their keys in an order that
    changes.
    """
    from kfp.compiler import Compiler

    path.parent.mkdir(parents=True, exist_ok=True)
    Compiler().compile(product, str(path))
    path.write_text(re.sub(r"(?m)^(#    \w+: dict) \[Default: .*\]$", r"\1", path.read_text()))
    with suppress(BrokenPipeError):  # as with `| head`: the files are wanted, whoever reads their names
        print(path)


if __name__ == "__main__":
    main()
