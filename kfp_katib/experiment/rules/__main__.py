# SPDX-License-Identifier: Apache-2.0
"""Prints the rules: `python -m kfp_katib.experiment.rules > docs/reference/manifest-rules.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from kfp_katib.experiment import plain, rules, structure
from kfp_katib.experiment.problem import Rule

_HEAD = """\
# The rules of a manifest

<!-- Made by `python -m kfp_katib.experiment.rules`; a test keeps it so. -->

`kfp-katib validate` and `kfp_katib.check` report every rule that a manifest breaks, all at once, with the
field's path, what stands there, and what to do.

An **error** is what Katib refuses, or lets pass although it then hangs, fails every trial or loses metrics
for certain; a manifest with errors is never run. A **warning** is legal and probably not what you want. In a
manifest without errors `validate` also finds what an engine would refuse to run: a **note** where another
engine runs it, an error where that engine is named (`--engine local`). So does a rule marked (katib): Katib
alone stumbles over it, and the local engine runs such a manifest right. One marked (local) concerns the
local engine alone.

"Refused by" says who notices without us: *Katib* is its admission webhook, at the moment the Experiment is
created; *nobody* means that the webhook lets it pass, and it goes wrong later, mostly in silence. The rules
follow Katib 0.19 in its shipped configuration.
"""

_GROUPS: tuple[tuple[str, str, tuple[Rule, ...]], ...] = (
    ("Reading", "What never becomes a manifest.", plain.RULES),
    ("Structure", "Fields and types, after Katib's and Kubernetes' own models.", structure.RULES),
    *(
        (
            module.__name__.rpartition(".")[2].replace("_", " ").capitalize(),
            (module.__doc__ or "").strip().partition("\n")[0],
            tuple(check.rule for check in rules.checks_of(module)),
        )
        for module in rules.MODULES
    ),
)


def document() -> str:
    """The whole page."""
    parts = [_HEAD]
    for title, summary, group in _GROUPS:
        parts.append(f"\n## {title}\n\n{summary}\n\n{_table(group)}")
    return "".join(parts)


def _table(group: Iterable[Rule]) -> str:
    lines = ["| rule | severity | refused by | what is wrong |", "|---|---|---|---|"]
    for rule in group:
        by = "Katib" if rule.webhook else "us" if rule in plain.RULES else "nobody"
        severity = f"{rule.severity} ({rule.engine})" if rule.engine else rule.severity
        lines.append(f"| `{rule.id}` | {severity} | {by} | {rule.summary} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
