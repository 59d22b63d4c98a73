# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib render`: the manifest as Katib gets it, for pasting into the dashboard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from kfp_katib.cli.verbs import Verb, json_option, label, load, manifest_argument, placeholder_options, warn
from kfp_katib.engines.engine import named
from kfp_katib.errors import ManifestError
from kfp_katib.experiment import render, to_yaml

_KATIB = "katib"


@click.command(name="render", cls=Verb)
@manifest_argument
@placeholder_options
@click.option("--name", metavar="TEXT", help="The Experiment's name, and value of ${pipeline.experiment}.")
@click.option(
    "--trial-pod",
    metavar="FILE",
    help="YAML or JSON with what trials' pods need in this installation: env, volumes, labels, tolerations.",
)
@json_option
def command(
    file: str,
    dataset: str | None,
    models: str | None,
    image: str | None,
    run_id: str | None,
    name: str | None,
    trial_pod: str | None,
    as_json: bool,
) -> None:
    """Print the manifest FILE (- reads stdin) as plain Katib YAML, every ${pipeline.*} filled in."""
    experiment = render(
        load(file),
        dataset=dataset,
        models=models,
        image=image,
        run_id=run_id,
        name=name,
        trial_pod=_mapping(trial_pod) if trial_pod else None,
    )
    warn(experiment, file, _KATIB)
    if refused := named(_KATIB).refusals(experiment):
        raise ManifestError(label(file), tuple(refused))
    click.echo(
        json.dumps(experiment.manifest, indent=2) if as_json else to_yaml(experiment), nl=bool(as_json)
    )


def _mapping(file: str) -> dict[str, Any]:
    """The mapping in a YAML or JSON file."""
    from kfp_katib.experiment.plain import UnreadableError
    from kfp_katib.experiment.source import read

    try:
        return read(Path(file))
    except UnreadableError as error:
        raise ManifestError(f"--trial-pod {file}", (error.problem,)) from error
