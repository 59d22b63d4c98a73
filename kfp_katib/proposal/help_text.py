# SPDX-License-Identifier: Apache-2.0
"""Reads options out of a help text: argparse's, click's, typer's, absl's, Fire's.

Only where argparse itself could not be asked. What a text does not say, most often a type, stays open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from kfp_katib.proposal.script_option import Arguments, ScriptOption, Takes
from kfp_katib.results.brief import legible

_HELP = re.compile(r"\busage:|^(?:flags|options):|^FLAGS$", re.IGNORECASE | re.MULTILINE)
_FRAMES = str.maketrans("│╭╮╰╯┃┏┓┗┛", " " * 10)
_FIRST = re.compile(r" {0,8}(\* +)?-{1,2}(?:[^\W\d]|[\[?])")
_FLAG = re.compile(r"(?<![\w-])--?(?:\[no-?\])?(?:[^\W\d]|\?)[\w.-]*")
_FORM = re.compile(r"-.*|[A-Z][A-Z ]*|\[.*\|.*\]|<.*>")
_ABSL = re.compile(r"( *-{1,2}[\w\[\]-]+): ?(?:<(.+?\|.+?)>: ?)?(.*)")
_CHOICES = re.compile(r"\{(.+?)\}|\[([^\[\]|]+(?:\|[^\[\]|]+)+)\]|<([^<>|]+(?:\|[^<>|]+)+)>")
_DEFAULT = re.compile(
    r"[(\[][^)\]]*?default(?:s to|:|=| is)?\s*(?P<shown>'[^']*'|\"[^\"]*\"|[^\])(;,]*)[^)\]]*[)\]]"
    r"|\bdefault(?:s to|s? is|:|=)\s*(?P<bare>[\w.+-]*\w)",
    re.IGNORECASE,
)
_TYPES = {
    **dict.fromkeys(("float", "double", "a number", "number"), "float"),
    **dict.fromkeys(("int", "integer", "an integer"), "int"),
    **dict.fromkeys(("bool", "boolean"), "bool"),
    **dict.fromkeys(("text", "str", "string", "path", "file", "directory", "filename"), "str"),
}
_NO_OPTIONS = {"-h", "-?", "--help", "--version", "--helpfull", "--helpshort", "--helpxml"}


class _Entry(NamedTuple):
    """An option's part of the text: its spellings with placeholders, and what it is for."""

    form: str
    help: str


def arguments_in(text: str) -> Arguments:
    """The options in a help text; none if it is no help text."""
    text = legible(text)
    if not _HELP.search(text):
        return Arguments(())
    usage = _usage(text)
    bare = _without_brackets(usage)
    options = [_option(entry, bare) for entry in _entries(text.translate(_FRAMES), framed="│" in text)]
    real = (option for option in options if not _NO_OPTIONS & set(option.names))
    return Arguments(tuple(real), _positionals(text, bare), _subcommands(text))


def _usage(text: str) -> str:
    """The line behind `usage:`, with those that follow it and are indented."""
    found = re.search(r"^\s*usage:(.*(?:\n[ \t]+\S.*)*)", text, re.IGNORECASE | re.MULTILINE)
    return found[1] if found else ""


def _without_brackets(usage: str) -> str:
    """What a usage line demands: all that does not stand in brackets."""
    before, usage = "", re.sub(r"\{[^}]*\}", " ", usage)
    while before != usage:
        before, usage = usage, re.sub(r"\[[^\[\]]*\]", " ", usage)
    return usage


def _entries(text: str, *, framed: bool) -> Iterator[_Entry]:
    """The options' parts: each begins with a flag, and goes on where lines are indented more deeply."""
    part: list[str] = []
    for line in [*text.splitlines(), ""]:
        first = _FIRST.match(line)
        deeper = len(line) - len(line.lstrip()) > _indent(part)
        if part and (first or not line.strip() or not deeper):
            yield _entry(part, framed)
            part = []
        if first or part:
            part.append(line)


def _indent(part: list[str]) -> int:
    return len(part[0]) - len(part[0].lstrip(" *")) if part else 0


def _entry(part: list[str], framed: bool) -> _Entry:
    rest = " ".join(line.strip() for line in part[1:])
    if absl := _ABSL.fullmatch(part[0]):
        form = f"{absl[1].strip()} <{absl[2]}>" if absl[2] else absl[1].strip()
        return _Entry(form if "[no" in form or absl[2] else f"{form} VALUE", f"{absl[3]} {rest}".strip())
    form, *chunks = re.split(r" {2,}", part[0].strip().lstrip("* "))
    required = " [required]" if part[0].strip().startswith("*") else ""
    while framed and chunks and _FORM.fullmatch(chunks[0].strip()):
        form += f" {chunks.pop(0)}"
    return _Entry(form, f"{' '.join(chunks)} {rest}{required}".strip())


def _option(entry: _Entry, bare_usage: str) -> ScriptOption:
    names = _FLAG.findall(entry.form)
    negated = [name for name in names if re.match(r"--\[no-?\]", name) or _positive(name) in names]
    off = negated[0].replace("[", "").replace("]", "") if negated else ""
    names = [re.sub(r"\[no-?\]", "", name) for name in names if name != off or len(names) == 1]
    placeholder = _FLAG.split(entry.form)[-1].strip(" ,/=")
    choices = _CHOICES.search(entry.form)
    listed = re.split(r"[|,]", next(filter(None, choices.groups()))) if choices else []
    default = _default(entry.help)
    either = bool(off) and bool(set(names) - {off})
    return ScriptOption(
        tuple(dict.fromkeys(names)),
        type=_type(placeholder, entry.help, default),
        default=default,
        choices=tuple(each.strip() for each in listed),
        help=entry.help,
        takes="either" if either else "one" if choices else _takes(placeholder),
        off=off if either else "",
        required=bool(re.search(r"[\[;] ?required\]", entry.help))
        or any(_demands(bare_usage, name) for name in names),
    )


def _positive(name: str) -> str:
    """`--amp` for `--no-amp`, empty for any other; `-n, --no-cuda` is two spellings of one switch."""
    return f"--{name[5:]}" if name.startswith("--no-") else ""


def _demands(bare_usage: str, flag: str) -> bool:
    return bool(re.search(rf"(?<![\w-]){re.escape(flag)}(?![\w-])", bare_usage))


def _takes(placeholder: str) -> Takes:
    words = re.sub(r"RANGE|\[[^\]]*[<>][^\]]*\]", "", placeholder).split()
    return "several" if len(words) > 1 or "..." in placeholder else "one" if words else "nothing"


def _default(help_text: str) -> str | None:
    found = _DEFAULT.search(help_text)
    if not found:
        return None
    text = (found["shown"] if found["shown"] is not None else found["bare"]).strip().strip("'\"")
    return text if text not in ("", "None", "null", "required") else None


def _type(placeholder: str, help_text: str, default: str | None) -> str:
    """The type that the placeholder or the help names, else that of the default."""
    named = re.findall(r"\((an? (?:integer|number))\)", help_text)
    word = re.sub(r"RANGE|\[.*", "", placeholder).strip("<>. ").lower()
    if known := _TYPES.get(named[0] if named else word):
        return known
    shapes = (
        ("int", r"[+-]?\d+"),
        ("float", r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"),
        ("bool", "(?i:true|false)"),
    )
    return next((name for name, shape in shapes if re.fullmatch(shape, default or "")), "")


def _positionals(text: str, bare_usage: str) -> tuple[str, ...]:
    """The arguments without a flag that are demanded: listed by argparse, typer; in capitals by click."""
    section = re.search(r"^positional arguments:\n((?:[ \t]+.*\n?)+)", text, re.MULTILINE)
    listed = re.findall(r"^ {1,4}([\w.-]+)(?: |$)", section[1], re.MULTILINE) if section else []
    panel = re.search(r"^╭─ Arguments .*\n((?:│.*\n)+)", text, re.MULTILINE)
    if panel:
        return tuple(re.findall(r"^│ \* +([\w.-]+)", panel[1], re.MULTILINE))
    in_capitals = [] if section or "[OPTIONS]" not in text else re.findall(r"\b[A-Z][A-Z_\d]+\b", bare_usage)
    demanded = [name for name in listed if _demands(bare_usage, name)] or in_capitals
    return tuple(name for name in demanded if name not in ("COMMAND", "ARGS"))


def _subcommands(text: str) -> tuple[str, ...]:
    """The words of which one must come first: click's and typer's section, argparse's braces."""
    section = re.search(r"^\W*Commands\W*\n((?:[ │]+\S.*\n?)+)", text, re.MULTILINE)
    if section and "COMMAND" in text:
        return tuple(re.findall(r"^[ │]{1,4}([\w-]+)", section[1], re.MULTILINE))
    braces = re.search(r"^positional arguments:\n(?:.+\n)*? {1,4}\{([\w,.-]+)\}", text, re.MULTILINE)
    return tuple(braces[1].split(",")) if braces and "..." in _usage(text) else ()
