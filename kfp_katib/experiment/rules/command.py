# SPDX-License-Identifier: Apache-2.0
"""The trial's command line, which Katib hands to a shell with a redirection and a marker behind it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from kfp_katib.experiment.rules.rule import Finding, rule
from kfp_katib.experiment.rules.shell import SHELLS, Line, handed_on, parse, runs_program, trial_line
from kfp_katib.experiment.rules.view import View

WRAPPED = ("StdOut", "File", "TensorFlowEvent")
"""The collectors for which Katib rewrites the command."""

_SILENT = frozenset(
    {
        "cd",
        "chmod",
        "chown",
        "cp",
        "export",
        "ln",
        "mkdir",
        "mv",
        "rm",
        "rsync",
        "sleep",
        "sync",
        "tar",
        "touch",
    }
    | {":", "aws", "gsutil", "true", "wait"}
)
"""Commands that print no metrics."""
_PREPARING = _SILENT | {
    *(
        "apk",
        "apt",
        "apt-get",
        "conda",
        "curl",
        "git",
        "kinit",
        "mamba",
        "pip",
        "pip3",
        "unzip",
        "uv",
        "wget",
    ),
    *(".", "[", "env", "module", "set", "source", "test", "trap", "ulimit", "umask", "unset"),
    *("cat", "date", "echo", "ls", "nvidia-smi", "printf", "pwd"),
}
"""Commands that prepare a training; what they print is not missed."""
_SAFE = re.compile(r"[\w@%+=:,./^~\[\]{}-]*", re.ASCII)
_PLACEHOLDER = re.compile(
    r"\$\{(trialParameters|pipeline)\.[^}]*\}|\$\([A-Za-z_][\w.-]*\)"
)  # ours, and the kubelet's
_QUOTED_VALUE = re.compile(r"""([\w.-]+=)?("[^"]*"|'[^']*')""")
_POSITIONAL = re.compile(r"\$[@*#0-9]|\$\{[@*#0-9]")


def _lines(view: View) -> Iterator[tuple[str, Line]]:
    """The lines that Katib makes of the primary containers, each with the container's path."""
    for path, container in view.primaries if view.collector in WRAPPED else []:
        line = trial_line(container)
        if line is not None:
            yield path, line


def _scripts(view: View) -> Iterator[tuple[str, Line]]:
    return ((path, line) for path, line in _lines(view) if line.script)


def _programs(view: View) -> Iterator[tuple[str, Line]]:
    return ((path, line) for path, line in _lines(view) if not line.script)


@rule("command-missing", severity="warning")
def command_missing(view: View) -> Iterator[Finding]:
    """Without a command Katib asks the registry for the image's own, and no pod starts where it cannot."""
    for path, container in view.primaries if view.collector in WRAPPED else []:
        if not container.get("command"):
            message = f"The container '{container.get('name')}' has no command."
            yield Finding(f"{path}.command", message, "Write the command, even where the image has one.")


@rule("shell-alone")
def shell_alone(view: View) -> Iterator[Finding]:
    """A command of `sh` or `bash` alone crashes Katib's pod webhook: no pod starts."""
    for path, line in _programs(view):
        if line.arguments in (("sh",), ("bash",)):
            yield Finding(
                f"{path}.command", f"The command is {line.text} alone.", "Give it a script.", line.text
            )


@rule("shell-not-unwrapped")
def shell_not_unwrapped(view: View) -> Iterator[Finding]:
    """Katib keeps scripts together only behind the very words `sh -c` or `bash -c` (katib#1736)."""
    for path, line in _programs(view):
        words = line.arguments
        shell = words[0].rpartition("/")[2] in SHELLS
        flags = [i for i, word in enumerate(words) if re.fullmatch(r"-[a-z]*c[a-z]*", word)]
        if shell and flags and flags[0] + 1 < len(words) and re.search(r"[\s;&|<>$`]", words[flags[0] + 1]):
            message = (
                f"'{' '.join(words[: flags[0] + 1])}' loses its script: only the first word of it would run."
            )
            yield Finding(f"{path}.command", message, 'Write command: ["sh", "-c"].', words[0])


@rule("args-break-shell")
def args_break_shell(view: View) -> Iterator[Finding]:
    """The shell cannot read command and arguments, once they are joined by spaces: every trial fails."""
    for path, line in _programs(view):
        text = _PLACEHOLDER.sub("x", line.text)
        try:
            words = list(shlex.shlex(text, posix=True, punctuation_chars="()"))
        except ValueError as err:
            yield Finding(f"{path}.args", f"The shell gets {line.text!r}: {err}.", _QUOTE, line.text)
            continue
        if any(set(word) <= {"(", ")"} for word in words if word):
            yield Finding(
                f"{path}.args", f"The shell gets {line.text!r}: a bare parenthesis.", _QUOTE, line.text
            )


_QUOTE = 'Quote it for the shell, or write command: ["sh", "-c"] with the whole line.'


@rule("args-reparsed", severity="warning")
def args_reparsed(view: View) -> Iterator[Finding]:
    """An argument with special characters reaches the program changed, unless it is quoted for a shell."""
    for path, line in _programs(view):
        for word in line.arguments:
            plain = _PLACEHOLDER.sub("x", word)
            if not _SAFE.fullmatch(plain or " ") and not _QUOTED_VALUE.fullmatch(plain):
                message = f"Katib's shell takes {word!r} apart."
                yield Finding(f"{path}.args", message, _QUOTE, word)


@rule("positional-arguments")
def positional_arguments(view: View) -> Iterator[Finding]:
    """A script reads `$0`, `$1` or `$@`, but Katib appends the arguments to its text (katib#1914)."""
    for path, line in _scripts(view):
        if len(line.arguments) > 1 and _POSITIONAL.search(line.arguments[0]):
            mend = "Write the arguments into the script, or put the script into the image."
            yield Finding(f"{path}.args", "The script reads positional arguments.", mend, line.text)


@rule("script-without-text")
def script_without_text(view: View) -> Iterator[Finding]:
    """`sh -c` without a script."""
    for path, line in _scripts(view):
        if not line.text.strip():
            yield Finding(f"{path}.command", "There is no script behind -c.", "Add it.")


@rule("script-ends-empty")
def script_ends_empty(view: View) -> Iterator[Finding]:
    """The script ends in a newline or separator: the redirection stands alone, and no metric is read."""
    for path, line in _scripts(view):
        script = parse(line.text)
        if line.text.strip() and not script.last and not script.comment:
            newline = script.separators[-1] == "\n"
            mend = "Write the block with `|-` instead of `|`." if newline else "Remove the separator."
            shown = "a newline" if newline else f"'{script.separators[-1]}'"
            yield Finding(path, f"The script ends with {shown}.", mend, script.separators[-1])


@rule("script-ends-in-comment")
def script_ends_in_comment(view: View) -> Iterator[Finding]:
    """The script ends in a comment, which swallows the redirection and the marker: the trial fails."""
    for path, line in _scripts(view):
        if parse(line.text).comment:
            yield Finding(
                path, "The script's last line ends in a comment.", "Remove the comment.", line.text[-80:]
            )


@rule("script-leaves-shell")
def script_leaves_shell(view: View) -> Iterator[Finding]:
    """The script ends with `exit` or `exec`, so the marker that Katib waits for is never written."""
    for path, line in _scripts(view):
        last = parse(line.text).last
        word = last.split()[0] if last else ""
        if word in ("exit", "exec"):
            mend = "Remove exec." if word == "exec" else "Let the script end with the training."
            yield Finding(path, f"The script ends with '{last[:80]}'.", mend, last)


@rule("script-output-lost", severity="warning")
def script_output_lost(view: View) -> Iterator[Finding]:
    """StdOut collects only what the script's last command prints."""
    for path, line in _scripts(view) if view.collector == "StdOut" else []:
        script = parse(line.text)
        if len(script.commands) < 2 or not script.last or script.compound:
            continue
        piped = [separator == "|" for separator in script.separators]
        earlier = [
            command
            for command, into_pipe in zip(script.commands, piped, strict=False)
            if not into_pipe and runs_program(command, _PREPARING)
        ]
        silent = not runs_program(script.last, _SILENT) and not piped[-1]
        if earlier or silent:
            shown = f"Only '{script.last[:60]}' is collected."
            mend = "Let the training be the last command, or put the commands into { ...; }."
            yield Finding(path, shown, mend, script.last)


@rule("value-reparsed", severity="warning")
def value_reparsed(view: View) -> Iterator[Finding]:
    """A value in a list has spaces or special characters, which the shell takes apart in the command line."""
    texts = [line.text for _, line in _lines(view)]
    names = {p.get("reference"): p.get("name") for _, p in view.trial_parameters}
    for path, parameter in view.parameters:
        placeholder = f"${{trialParameters.{names.get(parameter.get('name'))}}}"
        for i, value in enumerate(parameter["feasibleSpace"].get("list", [])):
            if not _SAFE.fullmatch(value) and not all(handed_on(text, placeholder, value) for text in texts):
                mend = "Put single quotes around the placeholder, or use a plain value."
                yield Finding(f"{path}.feasibleSpace.list[{i}]", f"The value is '{value}'.", mend, value)
