# SPDX-License-Identifier: Apache-2.0
"""Arguments that several verbs share: the manifest, and values for its placeholders."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kfp_katib.errors import InputError
from kfp_katib.experiment import Experiment
from kfp_katib.experiment.plain import LIMIT_BYTES
from kfp_katib.storage.addresses import absolute

if TYPE_CHECKING:
    from kfp_katib.experiment.load import Change

F = TypeVar("F", bound=Callable[..., Any])
STDIN = "-"

manifest_argument = click.argument("file")
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
namespace_option = click.option(
    "-n", "--namespace", default="", metavar="NAME", help="Namespace in the cluster; else the kubeconfig's."
)


def placeholder_options(command: F) -> F:
    """The options that fill in `${pipeline.*}`."""
    for option, text in (
        ("--run-id", "Value of ${pipeline.run_id}."),
        ("--image", "Value of ${pipeline.image}: the trials' image."),
        ("--models", "Value of ${pipeline.models}: folder or URI under which trials write their models."),
        ("--dataset", "Value of ${pipeline.dataset}: where the trials read their data."),
    ):
        command = click.option(option, metavar="TEXT", help=text)(command)
    return command


def source(file: str) -> Path | bytes:
    """What the library reads: the file's path, or what stands on stdin where the file is `-`.

    One byte more than the library takes is enough for it to refuse the rest.
    """
    return sys.stdin.buffer.read(LIMIT_BYTES + 1) if file == STDIN else Path(file)


def label(file: str) -> str:
    """What messages call the manifest."""
    return "stdin" if file == STDIN else file


def load(file: str, change: Change | None = None) -> Experiment:
    """The Experiment of a manifest, changed before it is judged.

    Raises:
        ManifestError: The manifest has errors.
    """
    from kfp_katib import experiment

    return experiment.load(source(file), name=label(file), change=change)


def warn(final: Experiment, file: str) -> None:
    """Show on stderr what is likely wrong with the Experiment of a manifest, values and changes in place."""
    for warning in final.warnings:
        click.echo(f"{label(file)}: {warning}", err=True)


def address(text: str, option: str) -> str:
    """A folder's address that a user gave for an option.

    Raises:
        InputError: It is empty, or no address.
    """
    if not text:
        raise InputError("An empty address was given. Name a folder or a URI.")
    return absolute(text, option)
