# SPDX-License-Identifier: Apache-2.0
"""One walk along a shell script: where commands begin and end, what is literal, what is left open.

POSIX's grammar as far as it takes to find the outermost commands: quotes, substitutions, here-documents,
groups and the reserved words of compound commands. It runs nothing, and it refuses only what stays open or
closes what never began; for the rest there is the shell itself (`real_shell`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kfp_katib.experiment.rules.shell_words import OpenEndError, Words

_OPENERS = {
    "if": "fi",
    "for": "done",
    "while": "done",
    "until": "done",
    "select": "done",
    "case": "esac",
    "{": "}",
}
_CLOSERS = frozenset(_OPENERS.values())
_BETWEEN = frozenset({"then", "do", "else", "elif", "!"})
_SEPARATOR = re.compile(r";;&?|;&|;|&&|\|\||\|&?|&(?!>)|\n")
_REDIRECTION = re.compile(r"[0-9]*(?:<<-?(?!<)|<<<|>>|>&|<&|<>|>\||&>>?|>|<)")
_EMPTY = re.compile(r"\s*\)")
_PATTERN = re.compile(r"[^()\n;&]*\)")  # POSIX lets a pattern of `case` begin with a bracket
_BEGUN = {"fi": "if", "done": "do", "esac": "case", "}": "{", ")": "("}


@dataclass
class Reader(Words):
    """A walk in progress over one text; `commands` and its like grow as it goes.

    Attributes:
        commands: Start and end of each outermost command.
        separators: What stands behind each but the last.
        simple: For each outermost command, start and end of every simple command in it.
        comment: Where the last comment began, -1 for none.
        unopened: What is closed although it never began; empty where all is well.
        functions: Whether the script defines a function.
    """

    commands: list[tuple[int, int]] = field(default_factory=list)
    separators: list[str] = field(default_factory=list)
    simple: list[list[tuple[int, int]]] = field(default_factory=lambda: [[]])
    comment: int = -1
    unopened: str = ""
    functions: bool = False
    begin: int = 0
    waiting: list[tuple[str, bool, bool]] = field(default_factory=list)

    def read(self) -> None:
        """Read the whole text.

        Raises:
            OpenEndError: It ends inside of something.
        """
        try:
            self.run("")
        finally:
            end = self.comment if self.comment >= self.begin else self.at
            self.commands.append((self.begin, end))

    def run(self, closed_by: str) -> None:
        """Commands, up to the end of the text or of the substitution that holds them."""
        frames: list[str] = []
        start, first, header = -1, True, False
        while self.at < len(self.text):
            sign = self.text[self.at]
            if separator := _SEPARATOR.match(self.text, self.at):
                self.end_simple(start)
                start, first, header = -1, True, False
                self.separator(separator, frames)
            elif sign in " \t":
                self.at += 1
            elif sign == "#" and self.starts_word():
                self.skip_comment()
            elif sign == ")" and not frames and closed_by:
                self.at += 1
                return
            elif sign in "()":
                start, first = self.bracket(sign, frames, start, first)
                header = header and not first
            elif (redirection := _REDIRECTION.match(self.text, self.at)) and self.redirects(redirection):
                self.redirection(redirection)
            else:
                word = self.at
                self.word()
                found = self.text[word : self.at]
                closes = header and found == "esac" and frames[-1:] == ["esac"]
                kept = self.reserved(found, frames) if first or closes else None
                header = header or kept is False
                start = start if start >= 0 or header or kept else word
                first = bool(kept)
        self.end_simple(start)
        if frames or closed_by:
            raise OpenEndError(f"'{_BEGUN[frames[-1]] if frames else '$('}'")

    def separator(self, found: re.Match[str], frames: list[str]) -> None:
        """A command ends here; the outermost ones are cut."""
        outermost = not frames and not self.depth
        if outermost:
            end = self.comment if self.comment >= self.begin else self.at
            self.commands.append((self.begin, end))
            self.separators.append(found[0])
            self.simple.append([])
        self.at = found.end()
        if found[0] == "\n":
            self.bodies()
        if outermost:
            self.begin = self.at

    def end_simple(self, start: int) -> None:
        """A simple command ends here, where one has begun."""
        if start >= 0 and not self.depth:
            self.simple[-1].append((start, self.at))

    def starts_word(self) -> bool:
        """Whether a word would start here: only there is `#` a comment."""
        return self.at == 0 or self.text[self.at - 1] in " \t\n;&|()"

    def skip_comment(self) -> None:
        """A comment reaches to the end of its line."""
        if not self.depth:
            self.comment = self.at
        end = self.text.find("\n", self.at)
        self.at = end if end >= 0 else len(self.text)

    def reserved(self, found: str, frames: list[str]) -> bool | None:
        """Whether a command begins behind this reserved word; None for any other word."""
        if found == "function":
            self.functions = True
            self.at += len(self.text[self.at :]) - len(self.text[self.at :].lstrip(" \t"))
            if self.at < len(self.text):
                self.word()
            return True
        if found in _OPENERS:
            frames.append(_OPENERS[found])
            return found not in ("for", "select", "case")
        if found in _CLOSERS:
            if not frames or frames.pop() != found:
                self.unopened = self.unopened or found
            return False
        return True if found in _BETWEEN else None

    def bracket(self, sign: str, frames: list[str], start: int, first: bool) -> tuple[int, bool]:
        """A subshell's bracket, a function's empty ones, the end of a pattern: the new start and `first`."""
        inside = frames[-1] if frames else ""
        if sign == ")":
            if inside == ")":
                self.end_simple(start)
                frames.pop()
            elif inside != "esac":
                self.unopened = self.unopened or ")"
            self.at += 1
            return -1, inside == "esac"
        self.at += 1
        if first:
            if inside != "esac" or not _PATTERN.match(self.text, self.at):
                frames.append(")")
            return -1, True
        if inside == "esac" and start < 0:
            self.balanced(")")
            return -1, True
        if empty := _EMPTY.match(self.text, self.at):
            self.at = empty.end()
            self.functions = True
            return -1, True
        self.balanced(")")  # an array or pattern of bash's; sh refuses them itself
        return start, False

    def redirects(self, found: re.Match[str]) -> bool:
        """Whether digits in front of the sign are a file's number and not the end of a word."""
        return found[0][0] not in "0123456789" or self.starts_word()

    def redirection(self, found: re.Match[str]) -> None:
        """Step over a redirection's sign; a here-document's delimiter is remembered for the next line."""
        self.at = found.end()
        sign = found[0].lstrip("0123456789")
        if sign in ("<", ">") and self.text[self.at : self.at + 1] == "(":
            self.at += 1  # bash's process substitution
            self.nested()
        elif sign in ("<<", "<<-"):
            while self.at < len(self.text) and self.text[self.at] in " \t":
                self.at += 1
            start = self.at
            if start < len(self.text):
                self.word()
            raw = self.text[start : self.at]
            delimiter = re.sub(r"\\(.)|['\"]", r"\1", raw, flags=re.DOTALL)
            self.waiting.append((delimiter, sign == "<<-", delimiter != raw))

    def bodies(self) -> None:
        """The here-documents that were announced on the line that ended.

        Raises:
            OpenEndError: No line of its own holds the delimiter; what is appended to the last line counts.
        """
        for delimiter, tabs, literal in self.waiting:
            start = self.at
            while True:
                end = self.text.find("\n", self.at)
                line = self.text[self.at : end if end >= 0 else None]
                if end < 0:
                    raise OpenEndError(f"the here-document '{delimiter}'")
                self.at = end + 1
                if (line.lstrip("\t") if tabs else line) == delimiter:
                    break
            if literal:
                self.literal.append((start, self.at))
            self.at -= 1  # the newline behind the delimiter ends the command
        if self.waiting:
            self.waiting = []
            self.at += 1

    def nested(self) -> None:
        """The commands of a substitution, behind its opening bracket."""
        waiting, self.waiting = self.waiting, []
        between, self.between = self.between, False
        self.deeper()
        self.run(")")
        self.depth -= 1
        self.waiting, self.between = waiting, between
