# SPDX-License-Identifier: Apache-2.0
"""Somebody's files of showers, of whichever layout: what they hold, and their showers in blocks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from training.data import calochallenge, declaration, files, zenodo
from training.data.block import Block, runs
from training.data.files import Place
from training.data.piece import Layout, Piece, rows_at_once
from training.errors import DataError
from training.geometry import Mesh

LAYOUTS: dict[str, Layout] = {calochallenge.NAME: calochallenge, zenodo.NAME: zenodo}


def find(address: Path | str) -> tuple[Piece, ...]:
    """Look into every file of a folder or address, or into the one file that is named.

    Returns:
        What is there, ordered by point; one point may lie in several files.

    Raises:
        DataError: A file has an unknown layout, two have the same showers, or nothing is there.
    """
    where = files.place(address)
    if files.read_text(files.below(where, declaration.NAME)) is not None:
        raise DataError(
            f"{where}: prepared already; its test part would be trained on. Give what it came from."
        )
    found = [piece for path in files.hdf5_files(where) for piece in _pieces(path)]
    if not found:
        raise DataError(f"{where}: no showers found. Expected {_expected()}, in it or one folder below.")
    ordered = sorted(found, key=lambda piece: (piece.point, str(piece.place)))
    for first, second in pairwise(ordered):
        if first.point == second.point and first.point.highest_gev is None:
            raise DataError(f"{first.place} and {second.place} both hold {first.point}. Remove one.")
    return tuple(ordered)


def mesh_of(pieces: tuple[Piece, ...]) -> Mesh:
    """Return the mesh that all these pieces share.

    Raises:
        DataError: Two of them differ.
    """
    first = pieces[0]
    for piece in pieces:
        if piece.mesh != first.mesh:
            raise DataError(
                f"{piece.place}: dataset {piece.dataset!r} has the mesh {piece.mesh}, but {first.place} has "
                f"{first.mesh}. Prepare them one by one."
            )
    return first.mesh


def blocks(piece: Piece, *, count: int, at_most_bytes: int) -> Iterator[Block]:
    """Read the first showers of a piece, a run of rows at a time.

    Args:
        piece: Where they lie.
        count: How many of them.
        at_most_bytes: What one block may take, unless its file is compressed in larger pieces.

    Raises:
        DataError: They are damaged, negative or not finite; the message has file, dataset and index.
    """
    with files.hdf5(piece.place) as file:
        at_once = rows_at_once(file[piece.dataset], at_most_bytes)
        for rows in runs(min(count, piece.count), at_once):
            yield LAYOUTS[piece.layout].read(file, piece, rows)


def _pieces(where: Place) -> list[Piece]:
    with files.hdf5(where) as file:
        for layout in LAYOUTS.values():
            if layout.recognises(file, where):
                return layout.pieces(file, where)
        raise DataError(
            f"{where}: not a file of showers: it has {', '.join(file) or 'nothing'}. Expected {_expected()}. "
            "Take it out of the folder, or name one file."
        )


def _expected() -> str:
    return f"{zenodo.EXPECTED}; or {calochallenge.EXPECTED}"
