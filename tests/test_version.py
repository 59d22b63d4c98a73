# SPDX-License-Identifier: Apache-2.0
"""The version is the same wherever it stands."""

from __future__ import annotations

import re
import tomllib

from components._image import VERSION
from tests.places import ROOT


def test_the_images_and_the_package_have_one_version() -> None:
    """Compiled pipelines name images of their own version, and a Dockerfile writes it into its labels."""
    package = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    files = [(ROOT / folder / "Dockerfile").read_text() for folder in ("deploy", "training")]
    assert [package, *(re.findall(r"^ARG VERSION=(.+)$", text, re.MULTILINE) for text in files)] == [
        VERSION,
        [VERSION],
        [VERSION],
    ]


def test_the_changelog_begins_with_this_version() -> None:
    """Released or not."""
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert re.findall(r"^## (\S+) - ", changelog, re.MULTILINE)[0] == VERSION
