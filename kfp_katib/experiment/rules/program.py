# SPDX-License-Identifier: Apache-2.0
"""A trial's program and arguments, which Katib joins into one line and hands to a shell."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.paths import Part
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.shell import (
    SHELLS,
    WRAPPED,
    filled,
    handed_on,
    parse,
    programs,
    trial_line,
    trial_lines,
    why_unreadable,
)
from kfp_katib.experiment.rules.view import View

_SAFE = re.compile(r"[\w@%+=:,./^~\[\]{}-]*", re.ASCII)
_ARITHMETIC = re.compile(r"\$\(\((?:(?!\$\(\().)*?\)\)")
_QUOTE = 'Quote it for the shell, or write command: ["sh", "-c"] with the whole line.'
_INTERPRETER = re.compile(
    r"(python[\d.]*|pypy\d?|sh|bash|dash|Rscript|node|julia|ruby|perl|torchrun|mpirun|horovodrun|accelerate)$"
)
_PREFIXES = frozenset({"exec", "time", "nohup", "nice", "env", "sudo", "command", "stdbuf", "launch", "run"})
"""Words in front of a program."""


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
    for path, line in programs(view):
        if line.arguments in (("sh",), ("bash",)):
            message = f"The command is {line.text} alone."
            yield Finding(f"{path}.command", message, "Give it a script.", line.text)


@rule("shell-not-unwrapped")
def shell_not_unwrapped(view: View) -> Iterator[Finding]:
    """Katib keeps scripts together only behind the very words `sh -c` or `bash -c` (katib#1736)."""
    for path, line in programs(view):
        words = line.arguments
        flag = _script_flag(words)
        script = words[flag + 1] if flag and flag + 1 < len(words) else ""
        if re.search(r"[\s;&|<>$`]", script) and not _is_quoted(script):
            start = " ".join(words[: flag + 1])
            message = f"'{start}' loses its script: only the first word of it would run."
            fix = 'Write command: ["sh", "-c"], or put quotes around the script.'
            yield Finding(f"{path}.command", message, fix, words[0])


def _script_flag(words: Sequence[str]) -> int:
    """The position of the shell's option that a script must follow; 0 if there is none."""
    if words[0].rpartition("/")[2] not in SHELLS:
        return 0
    position = 1
    while position < len(words) and re.match(r"[-+][A-Za-z-]", words[position]):
        if re.fullmatch(r"-[a-zA-Z]*c[a-zA-Z]*", words[position]):
            return position
        position += 2 if re.fullmatch(r"[-+][a-z]*[oO]", words[position]) else 1
    return 0


def _is_quoted(word: str) -> bool:
    """Whether the word reaches a shell as one piece."""
    script = parse(filled(word))
    return "".join(script.quoted) == filled(word).strip() and not script.open_end


@rule("args-break-shell")
def args_break_shell(view: View) -> Iterator[Finding]:
    """The shell cannot read command and arguments, once they are joined by spaces: every trial fails."""
    for path, line in programs(view):
        script = parse(filled(line.text))
        if "\0" in line.text:
            reason = "no line can hold a NUL character"
        else:
            said = why_unreadable(view, line, "sh")
            document = script.open_end.startswith("the here")
            is_open = script.open_end and (said != "" or document)
            reason = f"nothing closes {script.open_end}" if is_open else said or ""
        if reason:
            yield Finding(f"{path}.args", f"The shell gets {line.text!r}: {reason}.", _QUOTE, line.text)


@rule("args-reparsed", severity="warning")
def args_reparsed(view: View) -> Iterator[Finding]:
    """An argument with special characters reaches the program changed, unless it is quoted for a shell."""
    for path, line in programs(view):
        for word in line.arguments:
            plain = _ARITHMETIC.sub("x", filled(word))
            if not word or not _SAFE.fullmatch(parse(plain).unquoted):
                message = f"Katib's shell takes {word!r} apart."
                yield Finding(f"{path}.args", message, _QUOTE, word)


@rule("value-reparsed", severity="warning")
def value_reparsed(view: View) -> Iterator[Finding]:
    """A value in a list has spaces or special characters, which the shell takes apart in the command line."""
    texts = [line.text for _, line in trial_lines(view)]
    names = {p.get("reference"): p.get("name") for _, p in view.trial_parameters}
    for path, parameter in view.parameters:
        placeholder = f"${{trialParameters.{names.get(parameter.get('name'))}}}"
        for i, value in enumerate(parameter["feasibleSpace"].get("list", [])):
            seen = _as_substituted(value)
            if not _SAFE.fullmatch(seen) and not all(handed_on(text, placeholder, seen) for text in texts):
                fix = "Put single quotes around the placeholder, or use a plain value."
                yield Finding(f"{path}.feasibleSpace.list[{i}]", f"The value is '{value}'.", fix, value)


def _as_substituted(value: str) -> str:
    """The value as it stands in the template once Katib has read that as JSON again."""
    try:
        return str(json.loads(f'"{value}"'))
    except ValueError:  # refused by another rule
        return value


def clean(path: str) -> str:
    """The path without redundant parts, as by Go's `filepath.Clean` and the kubelet."""
    found = posixpath.normpath(path if path.startswith("/") else f"/{path}")
    return found.replace("//", "/", 1) if found.startswith("//") else found


def within(path: str, folder: str) -> bool:
    """Whether a clean path is the folder, or lies in it."""
    return folder == "/" or path == folder or path.startswith(f"{folder}/")


def started(path: str, container: Part) -> Iterator[tuple[str, str]]:
    """The files that the command starts, each with its field, if their paths are certain."""
    line = trial_line(container)
    given = container.get("workingDir")
    folder = clean(given) if isinstance(given, str) and given.startswith("/") else ""
    field = f"{path}.workingDir" if folder else f"{path}.command"
    for command in (each for some in parse(line.text).simple for each in some) if line else ():
        words = [word.strip("'\"") for word in command.split()]
        while words and (re.match(r"\w+=", words[0]) or words[0] in _PREFIXES):
            words.pop(0)
        if words[:1] == ["cd"]:
            folder, field = _entered(folder, words[1:2]), f"{path}.command"
        for word in _files(words):
            if word.startswith("/"):
                yield f"{path}.command", clean(word)
            elif folder and "$" not in word:
                yield field, clean(f"{folder}/{word}")


def _entered(folder: str, words: list[str]) -> str:
    """Where `cd` leads, empty if that is not certain."""
    target = words[0] if words else ""
    if target.startswith("/"):
        return clean(target)
    return clean(posixpath.join(folder, target)) if folder and target and target[0] not in "$~-" else ""


def _files(words: list[str]) -> Iterator[str]:
    """The program, if it is a path, and the script or module that an interpreter runs."""
    if not words:
        return
    if "/" in words[0]:
        yield words[0]
    if _INTERPRETER.match(words[0].rpartition("/")[2]):
        for option, word in pairwise(words):
            if option == "-m":
                yield word.replace(".", "/")
                return
            if not word.startswith("-"):
                if option != "-c" and word not in _PREFIXES:
                    yield word
                return
