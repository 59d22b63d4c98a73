# SPDX-License-Identifier: Apache-2.0
"""Just enough of a shell's grammar to say where commands begin and end; it runs nothing.

Katib joins a trial's command and arguments with spaces and gives the line to a shell, with ` 1>file 2>&1`
and ` && echo completed > file` behind it (`wrapWorkerContainer` in its pod webhook).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

SHELLS = ("sh", "bash", "dash", "ash", "zsh", "ksh")
_TOKEN = re.compile(
    r"""(?P<quoted>\\(?:.|\n)|'[^']*'|"(?:\\.|[^"\\])*")   # a whole quoted piece
      | (?P<open>\$\(|\$\{|\(|\{(?=\s))                     # a group begins
      | (?P<close>\)|\})                                   # a group ends
      | (?P<comment>(?:(?<=^)|(?<=[\s;&|]))\#[^\n]*)       # a comment, at the start of a word
      | (?P<separator>;;?|&&|\|\||\||(?<![<>])&(?!>)|\n)   # a command ends; not the & of 2>&1 or &>
    """,
    re.VERBOSE,
)
_SPECIAL = {"'": "'", '"': '"$`\\'}
"""What a shell still reads as its own between quotes of either kind."""
_OPENERS = ("for", "while", "until", "if", "case", "{", "(")
_CLOSERS = ("done", "fi", "esac", "}", ")")


@dataclass(frozen=True, slots=True)
class Line:
    """What a shell gets to run in a trial.

    Attributes:
        text: Command and arguments, joined as Katib joins them.
        script: Whether they are a script of the user's own (`sh -c`), not a program with arguments.
        arguments: The pieces that were joined.
    """

    text: str
    script: bool
    arguments: tuple[str, ...]


def trial_line(container: Mapping[str, Any]) -> Line | None:
    """The line that Katib makes of a container's command; None where there is none, or not of text.

    `["sh", "-c", script]` and `["bash", "-c", script]` are unwrapped, on these very words only.
    """
    command, args = container.get("command"), container.get("args") or []
    if not isinstance(command, list) or not isinstance(args, list) or not command:
        return None
    pieces = (*command, *args)
    if not all(isinstance(piece, str) for piece in pieces):
        return None
    script = len(pieces) > 1 and pieces[0] in ("sh", "bash") and pieces[1] == "-c"
    pieces = pieces[2:] if script else pieces
    return Line(" ".join(pieces), script, pieces)


@dataclass(frozen=True, slots=True)
class Script:
    """A shell script's commands.

    Attributes:
        commands: The texts between separators at the outermost level; the last one may be empty.
        separators: What stands behind each command but the last.
        comment: Whether the script ends in a comment.
    """

    commands: tuple[str, ...]
    separators: tuple[str, ...]
    comment: bool

    @property
    def last(self) -> str:
        """The last command; what Katib appends belongs to it."""
        return self.commands[-1]

    @property
    def compound(self) -> bool:
        """Whether the whole script is one loop, condition or group, which is redirected as a whole."""
        first, last = first_word(self.commands[0]), first_word(self.last)
        return len(self.commands) > 1 and first in _OPENERS and last in _CLOSERS


@lru_cache
def parse(text: str) -> Script:
    """Cut a script into commands. Quotes and groups are skipped; here-documents are not understood."""
    commands, separators, depth, start = [], [], 0, 0
    comment_from = -1
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        depth += {"open": 1, "close": -1}.get(str(kind), 0)
        depth = max(depth, 0)
        if kind == "comment":
            comment_from = match.start()
        if kind == "separator" and depth == 0:
            end = comment_from if comment_from >= start else match.start()
            commands.append(text[start:end].strip())
            separators.append(match[0])
            start = match.end()
    ends_in_comment = comment_from >= start
    commands.append(text[start : comment_from if ends_in_comment else len(text)].strip())
    return Script(tuple(commands), tuple(separators), ends_in_comment)


def handed_on(text: str, placeholder: str, value: str) -> bool:
    """Whether quotes around a placeholder keep its value as it is, wherever it stands in a line."""
    bare = text
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "quoted" and placeholder in match[0]:
            if any(sign in value for sign in _SPECIAL[match[0][0]]):
                return False
            bare = bare.replace(match[0], "")
    return placeholder not in bare


def first_word(command: str) -> str:
    """A command's first word, assignments before it skipped."""
    words = command.split()
    while words and re.match(r"\w+=", words[0]):
        words.pop(0)
    return words[0] if words else ""


def runs_program(command: str, quiet: Collection[str]) -> bool:
    """Whether a command may print metrics: it is none of the quiet ones that prepare and tidy up."""
    word = first_word(command).rpartition("/")[2]
    return bool(word) and word not in quiet and not re.search(r"-m\s+(pip|venv)\b", command)
