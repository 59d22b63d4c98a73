# SPDX-License-Identifier: Apache-2.0
"""A script behind `sh -c`, to whose last line Katib appends a redirection and a marker."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.shell import (
    Line,
    Script,
    filled,
    first_word,
    parse,
    scripts,
    why_unreadable,
)
from kfp_katib.experiment.rules.view import View


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SILENT = _words(": aws cd chmod chown cp export gsutil ln mkdir mv rm rsync sleep sync tar touch true wait")
"""Commands that print no metrics."""
PREPARING = SILENT | _words(
    "apk apt apt-get conda curl git kinit mamba pip pip3 unzip uv wget"
    " . [ [[ break continue env exec exit local module read readonly return set shift source test trap ulimit"
    " umask unset awk cat date df du echo find free grep head hostname id ls lscpu nproc nvidia-smi printf ps"
    " pwd sed sort tail tr uname wc which"
)
"""Commands that prepare a training; what they print is not missed."""
ONLY_BASH = _words("[[ declare mapfile popd pushd readarray shopt source")
"""Commands that only bash has; the `sh` of Debian's images has none of them."""
_POSITIONAL = re.compile(r"(?<!\\)\$(?:[@*#0-9]|\{(?:[@*]|[0-9]+|#\}))")
_LEAVING = re.compile("exit|exec")
_DEFINITION = re.compile(r"(?:function\s+[\w.-]+|[\w.-]+\s*\(\s*\))")


@rule("positional-arguments")
def positional_arguments(view: View) -> Iterator[Finding]:
    """A script reads `$0`, `$1` or `$@`, but Katib appends the arguments to its text (katib#1914)."""
    for path, line, _ in scripts(view):
        script = parse(line.arguments[0]) if line.arguments else parse("")
        own = script.functions or re.search(r"\bset\s+--", script.bare)
        if len(line.arguments) > 1 and _POSITIONAL.search(script.bare) and not own:
            fix = "Write the arguments into the script, or put the script into the image."
            yield Finding(f"{path}.args", "The script reads positional arguments.", fix, line.text)


@rule("script-without-text")
def script_without_text(view: View) -> Iterator[Finding]:
    """`sh -c` without a script."""
    for path, line, _ in scripts(view):
        if not line.text.strip():
            yield Finding(f"{path}.command", "There is no script behind -c.", "Add it.")


@rule("script-ends-open")
def script_ends_open(view: View) -> Iterator[Finding]:
    """The script ends inside of a quote, here-document or block, which swallows what Katib appends."""
    for path, line, _ in scripts(view):
        script = parse(filled(line.text))
        document = script.open_end.startswith("the here")
        if document or (script.open_end and _refused(view, line)):
            fix = "Put the whole script between a line `{` and a line `}`." if document else "Close it."
            yield Finding(path, f"The script ends inside of {script.open_end}.", fix, line.text[-80:])


@rule("script-ends-empty")
def script_ends_empty(view: View) -> Iterator[Finding]:
    """The script ends in a newline or separator: the redirection stands alone, and no metric is read."""
    for path, line, script in scripts(view):
        if line.text.strip() and not script.last and not script.comment and not script.open_end:
            newline = script.separators[-1] == "\n"
            fix = "Write the block with `|-` instead of `|`." if newline else "Remove the separator."
            shown = "a newline" if newline else f"'{script.separators[-1]}'"
            yield Finding(path, f"The script ends with {shown}.", fix, script.separators[-1])


@rule("script-ends-in-comment")
def script_ends_in_comment(view: View) -> Iterator[Finding]:
    """The script ends in a comment, which swallows the redirection and the marker: the trial fails."""
    for path, line, script in scripts(view):
        if script.comment:
            message = "The script's last line ends in a comment."
            yield Finding(path, message, "Remove the comment.", line.text[-80:])


@rule("script-ends-in-backslash", severity="warning")
def script_ends_in_backslash(view: View) -> Iterator[Finding]:
    """The script ends in a backslash: the blank that Katib puts behind it becomes one more argument."""
    for path, line, script in scripts(view):
        slashes = len(line.text) - len(line.text.rstrip("\\"))
        if slashes % 2 and not script.comment and not script.open_end:
            yield Finding(path, "The script ends in a backslash.", "Remove it.", line.text[-80:])


@rule("script-leaves-shell")
def script_leaves_shell(view: View) -> Iterator[Finding]:
    """The script ends with `exit` or `exec`: Katib's marker is never written, or nothing is collected."""
    for path, _, script in scripts(view):
        leaving = _leaving(script)
        otherwise = script.separators[-1:] == ("||",) and view.collector != "StdOut"
        if leaving and not (otherwise and leaving == script.last) and not script.comment:
            fix = "Remove exec." if leaving.startswith("exec") else "Let the script end with the training."
            yield Finding(path, f"The script ends with '{leaving[:80]}'.", fix, leaving)


def _leaving(script: Script) -> str:
    """The command with which the script is certain to leave its shell; empty if there is none."""
    before = ("", *script.separators)
    behind = (*script.separators, "")
    for command, earlier, later in zip(script.commands, before, behind, strict=True):
        unconditional = earlier in ("", ";", "\n", "&") and later not in ("|", "|&", "&")
        certain = (unconditional or not later) and not script.open_end
        if certain and _LEAVING.search(command) and _leaves(command):
            return command
    return ""


def _leaves(command: str) -> bool:
    """Whether the command leaves the shell that runs it; `exec` with redirections alone does not."""
    word, _, rest = parse(command).ending.strip().partition(" ")
    redirects_only = word == "exec" and re.fullmatch(r"(\s*\d*[<>]+&?\s*\S+)+", rest)
    return word in ("exit", "exec") and not redirects_only


@rule("script-may-leave-shell", severity="warning")
def script_may_leave_shell(view: View) -> Iterator[Finding]:
    """One way through the script's last command is `exit 0`; on that way Katib's marker is not written."""
    for path, _, script in scripts(view):
        nested = script.simple[-1] if not _leaving(script) and not script.last.startswith("(") else ()
        leaving = [command for command in nested if re.fullmatch(r"exit(\s+0)?", command)]
        if leaving and len(nested) > 1:
            message = f"'{leaving[0]}' stands in the last command."
            yield Finding(path, message, "Let it end by itself.", leaving[0])


@rule("script-unreadable")
def script_unreadable(view: View) -> Iterator[Finding]:
    """The shell cannot read the script, with what Katib appends to it: every trial fails."""
    for path, line, _ in scripts(view):
        script = parse(filled(line.text))
        reason = "a line cannot hold a NUL character" if "\0" in line.text else ""
        if script.unopened and _refused(view, line):
            reason = f"'{script.unopened}' closes what never began"
        elif not reason and not _otherwise_broken(script, line):
            ours, bash = _said(view, line)
            reason = ours if bash else ""
        if reason:
            message = f"The {line.shell} gets {line.text[-80:]!r}: {reason}."
            yield Finding(path, message, "Mend the script.", line.text[-80:])


@rule("script-needs-bash", severity="warning")
def script_needs_bash(view: View) -> Iterator[Finding]:
    """The script is written for bash, but runs in `sh`, which is another shell in many images."""
    for path, line, _ in scripts(view):
        script = parse(filled(line.text))
        if not script.unopened and "\0" not in line.text and not _otherwise_broken(script, line):
            ours, bash = _said(view, line)
            words = {first_word(command) for some in script.simple for command in some}
            own = sorted(words & ONLY_BASH) if line.shell == "sh" and not script.functions else []
            reason = f"'{own[0]}' is bash's own" if own else ours if not bash else ""
            if reason:
                fix = 'Write command: ["bash", "-c"], where the image has bash.'
                yield Finding(path, f"sh cannot run the script: {reason}.", fix, line.text[-80:])


def _refused(view: View, line: Line) -> bool:
    """Whether no shell on this machine can read the line; if there is none, our own grammar decides."""
    return all(why_unreadable(view, line, shell) != "" for shell in (line.shell, "bash"))


def _said(view: View, line: Line) -> tuple[str, str]:
    """What the line's own shell and bash object to in its syntax; empty if nothing."""
    ours = why_unreadable(view, line, line.shell) or ""
    return ours, (why_unreadable(view, line, "bash") or "" if ours else "")


def _otherwise_broken(script: Script, line: Line) -> bool:
    """Whether another rule already says why the shell cannot read it."""
    return bool(script.open_end or script.comment or not script.last or not line.text.strip())


@rule("script-output-lost", severity="warning")
def script_output_lost(view: View) -> Iterator[Finding]:
    """StdOut collects only what the script's last command prints."""
    for path, _, script in scripts(view) if view.collector == "StdOut" else []:
        broken = script.open_end or script.unopened or not script.last
        if broken or len(script.commands) < 2 or _leaving(script):
            continue
        piped = [separator in ("|", "|&") for separator in script.separators]
        earlier = any(
            _runs_program(simple, PREPARING)
            for command, simple, into_pipe in zip(script.commands, script.simple, piped, strict=False)
            if not into_pipe and not _DEFINITION.match(command)
        )
        silent = not _runs_program(script.simple[-1], SILENT) and not piped[-1]
        if earlier or silent:
            shown = f"Only '{script.last[:60]}' is collected."
            fix = "Let the training be the last command, or put the commands into { ...; }."
            yield Finding(path, shown, fix, script.last)


def _runs_program(commands: Collection[str], quiet: Collection[str]) -> bool:
    """Whether any of the commands may print metrics, as it is not one of the quiet ones."""
    own = (command for command in commands if not re.search(r"-m\s+(ensurepip|pip|venv)\b", command))
    return any(word not in quiet for command in own if (word := first_word(command).rpartition("/")[2]))
