# SPDX-License-Identifier: Apache-2.0
"""Prints the reference of the verbs: `python -m website.command_line > docs/reference/command-line.md`.

Every word is click's own, as `--help` prints it.
"""

from __future__ import annotations

import html
import inspect
import sys

import click

from kfp_katib.cli import VERBS, main

_HEAD = """\
# The command line

<!-- Made by `python -m website.command_line`; a test keeps it so. -->

`kfp-katib VERB --help` prints the same. Results go to stdout, progress and errors to stderr. Exit codes:
0 success, 1 the search failed, 2 the input cannot be used, 130 interrupted. How a search is named, NAME
below: [which one](../how-to/look-at-a-search.md#which-one-name).

| verb | what it does |
|---|---|
"""


def document() -> str:
    """The whole page."""
    group = click.Context(main, info_name="kfp-katib", **main.context_settings)
    rows = "".join(f"| [{verb}](#{verb}) | {_text(line)} |\n" for verb, line in VERBS.items())
    return "".join([_HEAD, rows, *(_section(group, verb) for verb in VERBS)])


def _section(group: click.Context, verb: str) -> str:
    command = main.get_command(group, verb)
    assert command is not None
    context = command.context_class(command, info_name=verb, parent=group)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    told = inspect.cleandoc(command.help or "")
    options = (each for each in command.get_params(context) if isinstance(each, click.Option))
    records = (record for each in options if (record := each.get_help_record(context)))
    rows = "".join(f"| <code>{_text(option)}</code> | {_text(text)} |\n" for option, text in records)
    table = f"| option | what it does |\n|---|---|\n{rows}"
    return f"\n## {verb}\n\n```text\n{usage}\n```\n\n{_text(told)}\n\n{table}"


def _text(text: str) -> str:
    """Text as it is, in a table too, where a bar would end the cell."""
    return html.escape(text.replace("\b\n", ""), quote=False).replace("|", "&#124;")


if __name__ == "__main__":
    sys.stdout.write(document())
