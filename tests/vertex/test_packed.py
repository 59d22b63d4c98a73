# SPDX-License-Identifier: Apache-2.0
"""A manifest travels to each trial as one argument, and comes out as it was."""

from __future__ import annotations

import base64
import random
import string
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.errors import InputError, ManifestError
from kfp_katib.vertex.packed import LARGEST, pack, unpack
from tests.builders.manifest import CONTAINER
from tests.builders.vertex import on_vertex


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip))
def test_a_manifest_comes_out_as_it_was(word: str) -> None:
    """Whatever it holds."""
    made = on_vertex({f"{CONTAINER}.env": [{"name": "WORD", "value": word.replace("${", "")}]})
    assert unpack(pack(made)) == made


@pytest.mark.parametrize(
    "text", ["$(HOME) $$(HOME)", "{{$.inputs}}", "'\"\\", "\N{GREEK SMALL LETTER LAMDA}"]
)
def test_nothing_on_the_way_finds_anything_to_replace(text: str) -> None:
    """Not Vertex AI's `$(NAME)`, not a pipeline's placeholders, no shell."""
    packed = pack(on_vertex({f"{CONTAINER}.env": [{"name": "TEXT", "value": text}]}))
    assert set(packed) <= {*string.ascii_letters, *string.digits, "+", "/", "="}


def test_equal_manifests_are_packed_equally() -> None:
    """A retried step asks for the same tuning job."""
    assert pack(on_vertex()) == pack(on_vertex())


def test_a_manifest_that_no_argument_holds_is_refused() -> None:
    """Before a job is created that could start no trial."""
    noise = "".join(random.Random(0).choices(string.ascii_letters + string.digits, k=LARGEST))
    with pytest.raises(
        InputError, match=r"'tune': .* has 4\d,\d+ bytes, more than 48,000\. Move data out of it"
    ):
        pack(on_vertex({f"{CONTAINER}.env": [{"name": "NOISE", "value": noise}]}))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("a", id="no base64"),
        pytest.param("éé==", id="not ASCII"),
        pytest.param(base64.b64encode(b"plain").decode(), id="not compressed"),
        pytest.param(base64.b64encode(zlib.compress(b"\xff")).decode(), id="no text"),
    ],
)
def test_what_was_never_packed_is_refused(text: str) -> None:
    """Whoever starts a trial by hand learns that its argument is damaged."""
    with pytest.raises(
        InputError, match=r"The packed manifest cannot be read \(.*Start the tuning job again"
    ):
        unpack(text)


def test_a_packed_text_that_is_no_manifest_is_refused() -> None:
    """As any manifest with errors is."""
    with pytest.raises(ManifestError, match="the packed manifest"):
        unpack(base64.b64encode(zlib.compress(b"{}")).decode())
