# SPDX-License-Identifier: Apache-2.0
"""One training of a network that reads scikit-learn's digits, as a trial runs it.

python train.py --dataset data --output model --lr 0.01 --batch_size 64
"""

from __future__ import annotations

import argparse
import copy
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import joblib
import numpy as np
from sklearn.neural_network import MLPClassifier

from checkpoint import begin, declare
from upload import upload

# Arguments: whatever a search may change, and where the data and the model are.
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=1e-3, help="learning rate of Adam (%(default)s)")
parser.add_argument("--batch_size", type=int, default=200, help="images in one step (%(default)s)")
parser.add_argument("--epochs", type=int, default=8, help="passes over the data (%(default)s)")
parser.add_argument("--dataset", required=True, help="folder or address with training.npz")
parser.add_argument("--output", required=True, help="folder or address for the model")
args = parser.parse_args()

# Data: most images to train on, the rest to validate.
with fsspec.open(f"{args.dataset}/training.npz") as file:
    images, labels = np.load(file).values()
split = len(images) * 3 // 4

# Model.
model = MLPClassifier((32,), learning_rate_init=args.lr, batch_size=args.batch_size, random_state=0)

# Fit: print each epoch's metrics, and keep the best epoch's weights.
best = {"accuracy": -1.0}
for epoch in range(1, args.epochs + 1):
    model.partial_fit(images[:split], labels[:split], classes=range(10))
    loss, accuracy = float(model.loss_), float(model.score(images[split:], labels[split:]))
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    print(f"{now} epoch={epoch} loss={loss} accuracy={accuracy}", flush=True)
    if accuracy > best["accuracy"]:
        best, weights = {"epoch": epoch, "accuracy": accuracy, "loss": loss}, copy.deepcopy(model)

# Save: the files first, then what they are.
remote = "://" in args.output
folder = Path(tempfile.mkdtemp() if remote else args.output)
begin(folder)
joblib.dump(weights, folder / "digits.joblib")
parameters = {"lr": args.lr, "batch_size": args.batch_size}
declare(folder, ["digits.joblib"], epoch=int(best.pop("epoch")), metrics=best, parameters=parameters)
if remote:
    upload(folder, args.output)
