# SPDX-License-Identifier: Apache-2.0
"""A training whose options are click's."""

from typing import Any

import click


@click.command()
@click.argument("data")
@click.option(
    "--lr", default=0.01, show_default=True, help="Learning rate, whose text is so long that it is wrapped."
)
@click.option("-b", "--batch-size", default=32, help="Samples in one step.")
@click.option("--opt", type=click.Choice(["adam", "sgd"]), default="adam", show_default=True)
@click.option("--nesterov/--no-nesterov", default=False, show_default=True)
@click.option("--layers", type=click.IntRange(1, 9), required=True)
@click.option("--size", nargs=2, type=int)
@click.option("--seed", default=1)
def main(**options: Any) -> None:
    """Learn something."""
    click.echo(f"step=1 val_loss={options['lr'] / 2} val_acc=0.5")


main()
