# SPDX-License-Identifier: Apache-2.0
"""What the verbs share: their arguments, and how they fail, with a sentence and an exit code."""

from __future__ import annotations

import contextlib
import logging
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kfp_katib.errors import Interrupted, KfpKatibError, of_the_system
from kfp_katib.experiment.argument_names import on_the_command_line

if TYPE_CHECKING:
    from kfp_katib.experiment import Experiment
    from kfp_katib.experiment.parts import Change

F = TypeVar("F", bound=Callable[..., Any])
STDIN = STDOUT = "-"

manifest_argument = click.argument("file")
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
namespace_option = click.option(
    "-n", "--namespace", default="", metavar="NAME", help="Cluster namespace; default: the kubeconfig's."
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
    """What the library reads: the file's path, or the bytes on stdin if the file is `-`.

    One byte over the library's limit is enough for it to refuse the input.
    """
    from kfp_katib.experiment.plain import LIMIT_BYTES

    return sys.stdin.buffer.read(LIMIT_BYTES + 1) if file == STDIN else Path(file)


def label(file: str) -> str:
    """What messages call the manifest."""
    return "stdin" if file == STDIN else file


def write(text: str, file: str) -> None:
    """Write text to a file, or to stdout if the file is `-`; it ends with a line's end."""
    text = text if text.endswith("\n") else f"{text}\n"
    if file == STDOUT:
        click.echo(text, nl=False)
    else:
        Path(file).write_text(text, encoding="utf-8")


def load(file: str, change: Change | None = None) -> Experiment:
    """The Experiment of a manifest, with a change made before the rules check it.

    Raises:
        ManifestError: The manifest has errors.
    """
    from kfp_katib import experiment

    return experiment.load(source(file), name=label(file), change=change)


def warn(final: Experiment, file: str, *engines: str) -> None:
    """Print to stderr what is likely wrong with an Experiment once its values and changes are in place.

    Args:
        final: The Experiment.
        file: Its manifest.
        engines: What may run it.
    """
    from kfp_katib.experiment.load import warnings_on

    for warning in warnings_on(final, *engines):
        click.echo(f"{'' if warning.file else f'{label(file)}: '}{warning}", err=True)


class Verb(click.Command):
    """A verb: its errors are sentences on stderr, each with its exit code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(
            click.Option(
                ["-v", "--verbose"], is_flag=True, help="Show log lines, and a traceback with an error."
            )
        )

    def invoke(self, ctx: click.Context) -> Any:
        """Call the verb."""
        verbose = ctx.params.pop("verbose")
        _log(verbose)
        try:
            with on_the_command_line():
                return super().invoke(ctx)
        except KfpKatibError as error:
            return _leave(ctx, error, verbose)
        except BrokenPipeError:
            raise  # our reader has closed the pipe: click exits silently
        except OSError as error:
            return _leave(ctx, KfpKatibError(f"{of_the_system(error)} -v shows where it happened."), verbose)
        except KeyboardInterrupt:
            return _leave(ctx, Interrupted("Interrupted."), verbose)


def _leave(ctx: click.Context, error: KfpKatibError, verbose: bool) -> None:
    with contextlib.suppress(OSError):  # a closed terminal does not change the exit code
        if verbose:
            click.echo(traceback.format_exc(), err=True)
        click.echo(f"Error: {error}", err=True)
    ctx.exit(error.exit_code)


def _log(verbose: bool) -> None:
    """The only place that configures logging."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
        force=True,
    )
