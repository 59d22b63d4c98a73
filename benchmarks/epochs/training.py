# SPDX-License-Identifier: Apache-2.0
"""Trains a classifier of digits for some epochs, each reported as `loss=...`; serves trials at a socket.

`training.py SOCKET`. A training goes on from `model.pickle` in its checkpoint folder, and leaves one there.
"""

from __future__ import annotations

import argparse
import json
import pickle
import socketserver
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss

TRAINED_ON = 600
VALIDATED_ON = 400
_LINE = 16
"""Bytes of a line in the log of a search: one for each epoch, by all of its trials."""


def data() -> tuple[Any, Any, Any, Any]:
    """The digits as 100 features: those to train on with their labels, those to validate."""
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(images))
    images, labels = images[order] / 16.0, labels[order]
    features = Nystroem(gamma=0.1, n_components=100, random_state=0).fit(images[:TRAINED_ON])
    found = features.transform(images)
    unseen = slice(TRAINED_ON, TRAINED_ON + VALIDATED_ON)
    return found[:TRAINED_ON], labels[:TRAINED_ON], found[unseen], labels[unseen]


def asked(arguments: list[str]) -> argparse.Namespace:
    """What a trial asks for; learning rate and regularization as negative powers of ten."""
    parser = argparse.ArgumentParser()
    for name in ("rate", "penalty", "ratio", "pause"):
        parser.add_argument(f"--{name}", type=float, default=0.0)
    for name in ("epochs", "seed", "budget"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path)
    return parser.parse_args(arguments)


def train(given: argparse.Namespace, digits: tuple[Any, Any, Any, Any]) -> Iterator[float]:
    """The validation loss after each epoch; none once the search has spent its epochs."""
    images, labels, unseen, truth = digits
    file = given.checkpoint / "model.pickle" if given.checkpoint else None
    model = SGDClassifier(loss="log_loss", penalty="elasticnet")
    if file and file.exists():
        model = pickle.loads(file.read_bytes())
    model.set_params(
        learning_rate="constant",
        eta0=10**-given.rate,
        alpha=10**-given.penalty,
        l1_ratio=given.ratio,
        random_state=given.seed,
    )
    for _ in range(given.epochs):
        if given.log.stat().st_size >= _LINE * given.budget:
            return
        time.sleep(given.pause)
        model.partial_fit(images, labels, classes=np.arange(10))
        loss = float(log_loss(truth, model.predict_proba(unseen), labels=np.arange(10)))
        with given.log.open("a") as log:
            log.write(f"{min(loss, 99.0):<{_LINE - 1}.9f}\n")
        yield loss
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pickle.dumps(model))


class Trial(socketserver.StreamRequestHandler):
    """Trains for one trial, in a process of its own."""

    digits: tuple[Any, Any, Any, Any]

    def handle(self) -> None:
        """Read the arguments, report the losses; a trial that has gone ends it."""
        given = asked(json.loads(self.rfile.readline()))
        try:
            for loss in train(given, self.digits):
                self.wfile.write(f"loss={loss:.6f}\n".encode())
            self.wfile.write(b"loss=99\n")  # of a trial for which no epoch was left, too
        except BrokenPipeError:
            pass


class Server(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    """Forks for each trial."""

    request_queue_size = 64


if __name__ == "__main__":
    Trial.digits = data()
    Server(sys.argv[1], Trial).serve_forever()
