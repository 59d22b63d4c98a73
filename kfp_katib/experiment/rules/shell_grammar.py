# SPDX-License-Identifier: Apache-2.0
"""One walk along a shell script: where commands begin and end, what is literal, what is left open.

POSIX's grammar as far as it takes to find the outermost commands: quotes, substitutions, here-documents,
groups and reserved words. It refuses only what stays open or closes what was never opened; the shell
itself (`shell.syntax_error`) checks the rest.
"""

from __future__ import annotations

import re

_LOOPS = ("for", "while", "until", "select")
_OPENERS = {"if": "fi", "case": "esac", "{": "}", **dict.fromkeys(_LOOPS, "done")}
_CLOSERS = frozenset(_OPENERS.values())
_BETWEEN = frozenset({"then", "do", "else", "elif", "!"})
_BEGUN = {"fi": "if", "done": "do", "esac": "case", "}": "{", ")": "("}
_SEPARATOR = re.compile(r";;&?|;&|;|&&|\|\||\|&?|&(?!>)|\n")
_REDIRECTION = re.compile(r"[0-9]*(?:<<-?(?!<)[ \t]*|<<<|>>|>&|<&|<>|>\||&>>?|>|<)")
_EMPTY = re.compile(r"\s*\)")
_PATTERN = re.compile(r"[^()\n;&]*\)")  # POSIX lets a pattern of `case` begin with a bracket
_CLAUSE = re.compile(r"(;[;&]|\bin)\s*$")  # behind which a pattern stands, and no command
_COMMENT = re.compile(r"#[^\n]*")
_FUNCTION = re.compile(r"function[ \t]+[^\s;&|<>()]+")
_CLOSED = re.compile(r"'[^']*'|`(?:[^`\\]|\\.)*`", re.DOTALL)
_BRACKET = re.compile(r"[()]")
_WORD_ENDS = " \t\n;&|<>()"
_DEEPEST = 60


class OpenEndError(Exception):
    """The script ends inside of something; the message names it."""


class Reader:
    """A walk in progress over one text; what it has found so far becomes a `shell.Script`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.commands: list[tuple[int, int]] = []
        self.separators: list[str] = []
        self.simple: list[list[tuple[int, int]]] = [[]]
        self.literal: list[tuple[int, int]] = []  # single quotes and quoted here-documents: left as they are
        self.quoted: list[tuple[int, int]] = []  # the quoted pieces at the outermost level of words
        self.comment = -1  # where the last one began
        self.unopened, self.functions = "", False
        self.at = self.begin = 0  # where the walk stands, and where its outermost command began
        self._depth = 0  # how many quotes and substitutions it stands in
        self._between = False  # whether it is in double quotes, where a single quote is an ordinary character
        self._waiting: list[tuple[str, bool, bool]] = []  # here-documents: delimiter, without tabs, literal

    def run(self, closed_by: str = "") -> None:
        """Read commands to the end of the text, or of the substitution that they stand in."""
        frames: list[str] = []
        start, first, header = -1, True, False
        while self.at < len(self.text):
            sign = self.text[self.at]
            if separator := _SEPARATOR.match(self.text, self.at):
                self._end_simple(start)
                start, first, header = -1, True, False
                self._separate(separator, outermost=not frames and not self._depth)
            elif sign in " \t":
                self.at += 1
            elif (found := _COMMENT.match(self.text, self.at)) and self._starts_word():
                self.comment = self.comment if self._depth else self.at
                self.at = found.end()
            elif sign == ")" and not frames and closed_by:
                self.at += 1
                return
            elif sign in "()":
                start, first = self._bracket(sign, frames, start, first)
                header = header and not first
            elif first and (found := _FUNCTION.match(self.text, self.at)):
                self.at, self.functions = found.end(), True
            elif (found := _REDIRECTION.match(self.text, self.at)) and (
                sign not in "0123456789" or self._starts_word()  # a file's number, not the end of a word
            ):
                self._redirection(found)
            else:
                begin = self.at
                word = self._word()
                closes = header and word == "esac" and frames[-1:] == ["esac"]
                kept = self._reserved(word, frames) if first or closes else None
                header = header or kept is False
                start = start if start >= 0 or header or kept else begin
                first = bool(kept)
        self._end_simple(start)
        if frames or closed_by:
            raise OpenEndError(f"'{_BEGUN[frames[-1]] if frames else '$('}'")

    def _separate(self, found: re.Match[str], outermost: bool) -> None:
        """A command ends here; the outermost ones are cut."""
        if outermost:
            self.end_command()
            self.separators.append(found[0])
            self.simple.append([])
        self.at = found.end()
        if found[0] == "\n":
            self._here_documents()
        self.begin = self.at if outermost else self.begin

    def end_command(self) -> None:
        """An outermost command ends here, or where a comment begins behind it."""
        self.commands.append((self.begin, self.comment if self.comment >= self.begin else self.at))

    def _end_simple(self, start: int) -> None:
        if start >= 0 and not self._depth:
            self.simple[-1].append((start, self.at))

    def _starts_word(self) -> bool:  # `#` begins a comment only there
        return self.at == 0 or self.text[self.at - 1] in " \t\n;&|()"

    def _reserved(self, word: str, frames: list[str]) -> bool | None:
        """Whether a command begins behind this reserved word; None for any other word."""
        if word in _OPENERS:
            frames.append(_OPENERS[word])
            return word not in ("for", "select", "case")
        if word in _CLOSERS:
            if not frames or frames.pop() != word:
                self.unopened = self.unopened or word
            return False
        return True if word in _BETWEEN else None

    def _bracket(self, sign: str, frames: list[str], start: int, first: bool) -> tuple[int, bool]:
        """Handle a subshell's bracket, a function's empty ones, a pattern's end; return start and `first`."""
        inside = frames[-1] if frames else ""
        if sign == ")":
            if inside == ")":
                self._end_simple(start)
                frames.pop()
            elif inside != "esac":
                self.unopened = self.unopened or ")"
            self.at += 1
            return -1, inside == "esac"
        self.at += 1
        if first:
            before = self.text[max(0, self.at - 100) : self.at - 1]
            if inside != "esac" or not (_CLAUSE.search(before) and _PATTERN.match(self.text, self.at)):
                frames.append(")")
            return -1, True
        pattern = inside == "esac" and start < 0
        if not pattern and (empty := _EMPTY.match(self.text, self.at)):
            self.at, self.functions = empty.end(), True
            return -1, True
        self._balanced(")")  # elsewhere an array or pattern of bash's; sh refuses them itself
        return (-1, True) if pattern else (start, False)

    def _redirection(self, found: re.Match[str]) -> None:
        """Step over a redirection's sign; a here-document's delimiter is remembered for the next line."""
        self.at = found.end()
        sign = found[0].lstrip("0123456789")
        if sign in ("<", ">") and self.text[self.at : self.at + 1] == "(":
            self._substitution()  # bash's process substitution
        elif sign.rstrip(" \t") in ("<<", "<<-"):
            raw = self._word() if self.at < len(self.text) else ""
            delimiter = re.sub(r"\\(.)|['\"]", r"\1", raw, flags=re.DOTALL)
            self._waiting.append((delimiter, sign.startswith("<<-"), delimiter != raw))

    def _here_documents(self) -> None:
        """Step over those announced on the line that ended; the last line ends none: Katib appends to it."""
        for delimiter, tabs, literal in self._waiting:
            begin, indent = self.at, r"\t*" if tabs else ""
            end = re.compile(rf"^{indent}{re.escape(delimiter)}\n", re.MULTILINE).search(self.text, begin)
            if not end:
                raise OpenEndError(f"the here-document '{delimiter}'")
            self.at = end.end()
            self.literal += [(begin, self.at)] if literal else []
        self._waiting = []

    def _word(self) -> str:
        """One word, with whatever is quoted or substituted in it."""
        begin = self.at
        self._walk(_WORD_ENDS)
        self.at += self.at == begin
        return self.text[begin : self.at]

    def _walk(self, stop: str) -> None:
        """Walk to one of the signs; quotes and substitutions are stepped over."""
        special = '"\\$`' if self._between else "'\"\\$`"
        while self.text[self.at : self.at + 1] not in stop:  # the empty text past the end is in any
            if self.text[self.at] in special:
                self._piece(self.text[self.at])
            else:
                self.at += 1

    def _piece(self, sign: str) -> None:
        """A quoted or substituted part of a word."""
        begin = self.at
        if sign == "\\":
            self.at = min(self.at + 2, len(self.text))
        elif sign in "'`":  # the command between backquotes is left unread
            if not (found := _CLOSED.match(self.text, begin)):
                raise OpenEndError(repr(sign))
            self.at = found.end()
            if sign == "'":
                self.literal.append((begin, self.at))
        elif sign == '"':
            self.at += 1
            between, self._between = self._between, True
            self._balanced('"')
            self._between = between
        else:
            self._dollar()
        if sign in "\\'\"" and not self._depth:
            self.quoted.append((begin, self.at))

    def _dollar(self) -> None:
        """`$name`, `$(...)`, `$((...))`, `${...}`, or a plain dollar."""
        self.at += 1
        rest = self.text[self.at : self.at + 2]
        if rest == "((" and (end := self._arithmetic()):
            self.at = end
        elif rest[:1] == "(":
            self._substitution()
        elif rest[:1] == "{":
            self.at += 1
            self._balanced("}")

    def _arithmetic(self) -> int:
        """The end of the `((...))` that begins here; 0 if it is a subshell, not arithmetic."""
        depth = 0
        for match in _BRACKET.finditer(self.text, self.at):
            depth += 1 if match[0] == "(" else -1
            if depth == 1 and match[0] == ")":
                return match.end() + 1 if self.text[match.end() : match.end() + 1] == ")" else 0
        raise OpenEndError("'$(('")

    def _substitution(self) -> None:
        """The commands of a substitution, from its opening bracket on."""
        self.at += 1
        outside = self._waiting, self._between
        self._waiting, self._between = [], False
        self._deeper()
        self.run(")")
        self._depth -= 1
        self._waiting, self._between = outside

    def _balanced(self, closer: str) -> None:
        """Walk to the closer and over it."""
        self._deeper()
        self._walk(closer)
        if self.at == len(self.text):
            raise OpenEndError(repr(closer))
        self._depth -= 1
        self.at += 1

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise OpenEndError(f"more than {_DEEPEST} levels of substitutions")
