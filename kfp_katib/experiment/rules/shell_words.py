# SPDX-License-Identifier: Apache-2.0
"""The words of a shell script, with whatever is quoted or substituted in them."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field

_PLAIN = re.compile(r"[^\s;&|<>()'\"\\$`#]+")
_BRACKET = re.compile(r"[()]")
_DEEPEST = 60


class OpenEndError(Exception):
    """The script ends inside of something; the message names it."""


@dataclass
class Words(ABC):
    """A walk in progress over one text.

    Attributes:
        text: The script.
        literal: Start and end of what the shell leaves as it is: single quotes, quoted here-documents.
        quoted: Start and end of every quoted piece at the outermost level of words.
        at: Where the walk stands.
        depth: How many quotes and substitutions it stands in.
        between: Whether it stands between double quotes, where a single one is a letter.
    """

    text: str
    literal: list[tuple[int, int]] = field(default_factory=list)
    quoted: list[tuple[int, int]] = field(default_factory=list)
    at: int = 0
    depth: int = 0
    between: bool = False

    @abstractmethod
    def nested(self) -> None:
        """The commands of a substitution, behind its opening bracket."""

    def word(self) -> None:
        """One word, with whatever is quoted or substituted in it."""
        start = self.at
        while self.at < len(self.text):
            plain = _PLAIN.match(self.text, self.at)
            sign = self.text[self.at]
            if plain:
                self.at = plain.end()
            elif sign in "'\"\\$`":
                self.piece(sign)
            elif sign == "#" and self.at > start:
                self.at += 1
            else:
                break
        if self.at == start:
            self.at += 1

    def piece(self, sign: str) -> None:
        """A quoted or substituted part of a word."""
        start = self.at
        if sign == "\\":
            self.at = min(self.at + 2, len(self.text))
        elif sign == "'":
            self.single()
        elif sign == '"':
            self.double()
        elif sign == "`":
            self.backquoted()
        else:
            self.dollar()
        if sign in "\\'\"" and not self.depth:
            self.quoted.append((start, self.at))

    def single(self) -> None:
        """Single quotes: everything between them is literal."""
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise OpenEndError('"\'"')
        self.literal.append((self.at, end + 1))
        self.at = end + 1

    def double(self) -> None:
        """Double quotes, with the substitutions in them."""
        self.at += 1
        self.deeper()
        between, self.between = self.between, True
        while self.at < len(self.text) and self.text[self.at] != '"':
            sign = self.text[self.at]
            if sign in "\\$`":
                self.piece(sign)
            else:
                self.at += 1
        self.close('"')
        self.between = between
        self.depth -= 1

    def backquoted(self) -> None:
        """A command between backquotes, left unread."""
        self.at += 1
        while self.at < len(self.text) and self.text[self.at] != "`":
            self.at += 2 if self.text[self.at] == "\\" else 1
        self.close("`")

    def close(self, sign: str) -> None:
        """Step over the sign that closes a piece, which must be there."""
        if self.at >= len(self.text):
            raise OpenEndError(f"'{sign}'")
        self.at += 1

    def dollar(self) -> None:
        """`$name`, `$(...)`, `$((...))`, `${...}`, or a dollar."""
        rest = self.text[self.at + 1 : self.at + 3]
        self.at += 1
        if rest == "((" and (end := self.arithmetic()) > 0:
            self.at = end
        elif rest[:1] == "(":
            self.at += 1
            self.nested()
        elif rest[:1] == "{":
            self.at += 1
            self.balanced("}")

    def arithmetic(self) -> int:
        """Where `((...))`, which begins here, ends; 0 where it is no arithmetic but a subshell."""
        depth = 0
        for match in _BRACKET.finditer(self.text, self.at):
            depth += 1 if match[0] == "(" else -1
            if depth == 1 and match[0] == ")":
                return match.end() + 1 if self.text[match.end() : match.end() + 1] == ")" else 0
        raise OpenEndError("'$(('")

    def balanced(self, closer: str) -> None:
        """Up to the closer, over quotes and substitutions; between double quotes a single one is a letter."""
        self.deeper()
        special = '"\\$`' if self.between else "'\"\\$`"
        while self.at < len(self.text) and self.text[self.at] != closer:
            sign = self.text[self.at]
            if sign in special:
                self.piece(sign)
            else:
                self.at += 1
        self.depth -= 1
        self.close(closer)

    def deeper(self) -> None:
        """One level further down, within measure."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise OpenEndError(f"more than {_DEEPEST} levels of substitutions")
