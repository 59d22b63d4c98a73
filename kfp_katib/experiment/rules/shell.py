# SPDX-License-Identifier: Apache-2.0
"""The line that Katib makes of a trial's command, as its shell reads it.

Katib joins command and arguments with spaces and gives the line to a shell, followed by ` 1>file 2>&1` and
` && echo completed > file` (`wrapWorkerContainer` in its pod webhook).
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from kfp_katib.experiment.rules.paths import Part
from kfp_katib.experiment.rules.shell_grammar import OpenEndError, Reader
from kfp_katib.experiment.rules.view import View

SHELLS = ("sh", "bash", "dash", "ash", "zsh", "ksh")
_SPECIAL = {"'": "'", '"': '"$`\\', "\\": ""}
"""Characters that stay special to a shell inside each kind of quote."""
_OPENERS = ("for", "while", "until", "if", "case", "{", "(")
# Python before 3.11.5 matches possessive groups wrongly (gh-106052), so each alternative begins with a sign
# of its own instead, which leaves nothing to try again.
_SUBSTITUTION = r"\$\((?:[^()]|\([^()]*\))*\)|\$\{[^}]*\}"
_VALUE = rf"""(?:{_SUBSTITUTION}|"(?:[^"\\]|\\.)*"|'[^']*'|`[^`]*`|\\.|(?!{_SUBSTITUTION})[^\s"'`\\])*"""
_FIRST_WORD = re.compile(rf"\s*(?:\w+={_VALUE}(?:\s+|$))*(\S*)", re.DOTALL)
_GROUPS = 5
"""How many levels of nested groups are searched."""
WRAPPED = ("StdOut", "File", "TensorFlowEvent")
"""The collectors for which Katib rewrites the command."""

# Our placeholders, and the kubelet's.
_PLACEHOLDER = re.compile(r"\$\{(trialParameters|pipeline)\.[^$}]*\}|\$\([A-Za-z_][\w.-]*\)")

_PLAIN = re.compile(r"(?:[\w@%+=:,./~$*?^ \t\n;|&-]|(?<=\s)2>&1(?=\s|$)|(?<=\s)>>?(?=\s*[\w./]))*", re.ASCII)
_BASH_WORDS = frozenset({"coproc", "in", "time"})
_ORDINARY = frozenset({";", "&", "&&", "|", "||", "\n"})
_SECONDS = 2
_LONGEST = 20_000
"""Most characters of a line that a shell is asked about; thousands of here-documents take it seconds."""
_PLACE = re.compile(r"^.*?line \d+: |^\S+: (\d+: )?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Script:
    """A shell script's commands.

    Attributes:
        commands: The texts between separators at the outermost level; the last one may be empty.
        separators: What follows each command but the last.
        comment: Whether the script ends in a comment.
        simple: The simple commands in each command: itself, or those in a loop or group.
        open_end: What the script ends inside of, such as `'"'`; empty if nothing is open.
        unopened: What is closed but was never opened; empty if nothing.
        functions: Whether the script defines a function.
        quoted: The quoted pieces of its outermost words.
        unquoted: The script with a plain word for each of them.
        bare: The script without what the shell takes literally: single quotes, quoted here-documents.
    """

    commands: tuple[str, ...]
    separators: tuple[str, ...]
    comment: bool
    simple: tuple[tuple[str, ...], ...] = ((),)
    open_end: str = ""
    unopened: str = ""
    functions: bool = False
    quoted: tuple[str, ...] = ()
    unquoted: str = ""
    bare: str = ""

    @property
    def last(self) -> str:
        """The last command; what Katib appends belongs to it."""
        return self.commands[-1]

    @property
    def ending(self) -> str:
        """The simple command certain to run last once the last command is reached; empty if none is."""
        script = self
        for _ in range(_GROUPS):
            if first_word(script.last) != "{":
                return "" if first_word(script.last).startswith(_OPENERS) else script.last
            script = parse(script.last.strip()[1:].rstrip().removesuffix("}").rstrip().removesuffix(";"))
            if script.separators[-1:] == ("||",):
                break
        return ""


@lru_cache(maxsize=16)  # a script of 128 KiB may have 8 MB of pieces
def parse(text: str) -> Script:
    """Cut a script into commands; quotes, groups, substitutions and here-documents are kept together."""
    reader = Reader(text)
    open_end = ""
    try:
        reader.run()
    except OpenEndError as err:
        open_end = str(err)
    reader.end_command()
    return Script(
        tuple(text[start:end].strip() for start, end in reader.commands),
        tuple(reader.separators),
        not open_end and 0 <= reader.begin <= reader.comment,
        tuple(tuple(text[start:end].strip() for start, end in each) for each in reader.simple),
        open_end,
        reader.unopened,
        reader.functions,
        tuple(text[start:end] for start, end in reader.quoted),
        "x".join(_outside(text, reader.quoted)),
        "".join(_outside(text, reader.literal)),
    )


def _outside(text: str, spans: Collection[tuple[int, int]]) -> Iterator[str]:
    """What lies between the spans."""
    begin = 0
    for start, end in sorted(spans):
        yield text[begin:start]
        begin = max(begin, end)
    yield text[begin:]


def handed_on(text: str, placeholder: str, value: str) -> bool:
    """Whether quotes around a placeholder keep its value as it is, wherever it occurs in a line."""
    quotes, bare = _around(text, placeholder)
    return not bare and not any(sign in value for quote in quotes for sign in _SPECIAL[quote])


@lru_cache(maxsize=64)
def _around(text: str, placeholder: str) -> tuple[frozenset[str], bool]:
    """The quotes around a placeholder, and whether it also occurs outside of any; cached for each text."""
    pieces = [piece for piece in parse(text).quoted if placeholder in piece]
    inside = sum(piece.count(placeholder) for piece in pieces)
    return frozenset(piece[0] for piece in pieces), text.count(placeholder) > inside


def first_word(command: str) -> str:
    """A command's first word, assignments before it skipped."""
    found = _FIRST_WORD.match(command)
    return found[1] if found else ""


@lru_cache(maxsize=64)
def syntax_error(line: str, shell: str) -> str | None:
    """Why the shell cannot read the line: empty if it can, None if no shell can tell."""
    program = shutil.which(shell)
    if program is None or len(line) > _LONGEST:
        return None
    try:
        done = subprocess.run(
            [program, "-n"], input=line.encode(), capture_output=True, env={}, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode == 0:
        return ""
    said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
    return _PLACE.sub("", said) or "it cannot be read"


@dataclass(frozen=True, slots=True)
class Line:
    """What a shell gets to run in a trial.

    Attributes:
        text: Command and arguments, joined as Katib joins them.
        script: Whether they are a script of the user's own (`sh -c`), not a program with arguments.
        arguments: The pieces that were joined.
        shell: The shell's name.
    """

    text: str
    script: bool
    arguments: tuple[str, ...]
    shell: str = "sh"


def trial_line(container: Part) -> Line | None:
    """The line that Katib makes of a container's command; None if there is none, or it is not all text.

    `["sh", "-c", script]` and `["bash", "-c", script]` are unwrapped, only with exactly these words.
    """
    command, args = container.get("command"), container.get("args") or []
    if not isinstance(command, list) or not isinstance(args, list) or not command:
        return None
    pieces = (*command, *args)
    if not all(isinstance(piece, str) for piece in pieces):
        return None
    shell, words = unwrapped(pieces)
    return Line(" ".join(words), len(words) < len(pieces), words, shell)


def unwrapped(words: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The shell that Katib runs a command's words by, and the words that it joins into that shell's line."""
    if words[0] in ("sh", "bash") and words[1:2] == ("-c",):
        return words[0], words[2:]
    return "sh", words


def trial_lines(view: View) -> Iterator[tuple[str, Line]]:
    """The lines of the primary containers, each with the container's path."""
    for path, container in view.primaries if view.collector in WRAPPED else []:
        if line := trial_line(container):
            yield path, line


def programs(view: View) -> Iterator[tuple[str, Line]]:
    """The lines that are a program with its arguments."""
    return ((path, line) for path, line in trial_lines(view) if not line.script)


def scripts(view: View) -> Iterator[tuple[str, Line, Script]]:
    """The lines that are a script behind `sh -c`, and what they hold."""
    return ((path, line, parse(line.text)) for path, line in trial_lines(view) if line.script)


def filled(text: str) -> str:
    """The text with a plain word where a value or variable will stand."""
    return _PLACEHOLDER.sub("x", text)


def why_unreadable(view: View, line: Line, shell: str) -> str | None:
    """Why this machine's shell cannot read the line as Katib writes it; empty if it can, None if unknown.

    Every shell reads words, quotes and redirections between separators; none is asked about them.
    """
    if _is_plain(parse(filled(line.text))):
        return ""
    redirection = " 1>log 2>&1" if view.collector == "StdOut" else ""
    stopped = " || if test -f p; then echo stopped; else echo failed; exit 1; fi"
    early = stopped if view.spec.get("earlyStopping") else ""
    return syntax_error(f"{filled(line.text)}{redirection}{early} && echo completed > p", shell)


def _is_plain(script: Script) -> bool:
    if script.open_end or script.unopened or script.comment or not set(script.separators) <= _ORDINARY:
        return False
    simple = all(
        each == (command,) and first_word(command) not in _BASH_WORDS and not command.startswith("&")
        for command, each in zip(script.commands, script.simple, strict=True)
    )
    return simple and _PLAIN.fullmatch(script.unquoted) is not None
